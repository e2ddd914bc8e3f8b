import type { Alert } from "../api/types";

/** Who closed the alert, when, and with which note. */
export const closing = (alert: Alert): { user: string; at: string; note: string } | null => {
  const step = [...alert.steps].reverse().find((one) => one.action === "close");
  return step ? { user: step.user, at: step.at, note: step.note } : null;
};
