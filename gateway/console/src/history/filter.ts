import type { Alert, Disposition, Severity } from "../api/types";

export interface HistoryFilter {
  disposition: Disposition | null;
  severity: Severity | null;
  text: string;
}

export function matchingAlerts(alerts: readonly Alert[], filter: HistoryFilter): Alert[] {
  const query = filter.text.trim().toLowerCase();
  return alerts.filter(
    (alert) =>
      (filter.disposition === null || alert.disposition === filter.disposition) &&
      (filter.severity === null || alert.severity === filter.severity) &&
      (!query || textsOf(alert).some((text) => text.toLowerCase().includes(query))),
  );
}

const textsOf = (alert: Alert): string[] => [
  alert.place,
  ...Object.values(alert.place_name),
  ...Object.values(alert.reasons),
  alert.reason,
  ...alert.steps.flatMap((step) => [step.user, step.note]),
];

/** Who closed the alert, when, and with which note. */
export const closing = (alert: Alert): { user: string; at: string; note: string } | null => {
  const step = [...alert.steps].reverse().find((one) => one.action === "close");
  return step ? { user: step.user, at: step.at, note: step.note } : null;
};
