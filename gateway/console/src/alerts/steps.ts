import type { AlertAction } from "../api/gateway";
import type { Alert, AlertState, Disposition } from "../api/types";

export const DISPOSITIONS: readonly Disposition[] = ["real", "false", "nuisance", "test", "drill"];

/** Only disables buttons; the gateway's alert desk decides. */
const ALLOWED: Record<AlertState, readonly AlertAction[]> = {
  new: ["acknowledge", "assign", "note"],
  acknowledged: ["on-scene", "hold", "close", "assign", "note"],
  on_scene: ["hold", "close", "assign", "note"],
  on_hold: ["on-scene", "close", "assign", "note"],
  closed: [],
};

export const allows = (state: AlertState, action: AlertAction): boolean => ALLOWED[state].includes(action);

/** The most likely next step; its button is the large one. */
export const NEXT: Record<AlertState, AlertAction | null> = {
  new: "acknowledge",
  acknowledged: "on-scene",
  on_scene: "close",
  on_hold: "on-scene",
  closed: null,
};

export type TimelineEntry =
  | { what: "raised"; at: string }
  | { what: "repeated"; at: string }
  | { what: "restored"; at: string }
  | { what: "step"; at: string; action: string; user: string; note: string; to: string | null; snapshot: string | null };

/** The alert's history, oldest first. */
export function timelineOf(alert: Alert): TimelineEntry[] {
  const entries: TimelineEntry[] = [{ what: "raised", at: alert.raised_at }];
  for (const step of alert.steps) {
    entries.push({ what: "step", at: step.at, action: step.action, user: step.user, note: step.note, to: step.to, snapshot: step.snapshot ?? null });
  }
  if (alert.count > 1) entries.push({ what: "repeated", at: alert.last_at });
  if (alert.restored_at) entries.push({ what: "restored", at: alert.restored_at });
  return entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
