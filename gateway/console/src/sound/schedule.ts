import type { Alert, Severity } from "../api/types";
import { SEVERITIES, isUntouched, rank } from "../alerts/order";
import { PATTERNS, type PatternName, lengthOf } from "./patterns";

/** How often the sound of an untouched alert is repeated, in milliseconds. A low one sounds once. */
export const REPEAT_AFTER: Record<Severity, number> = {
  critical: 3_400,
  high: 30_000,
  medium: 120_000,
  low: Number.MAX_SAFE_INTEGER,
};
export const LOST_REPEAT_AFTER = 15_000;
/** A call of a door station rings like a telephone. */
export const CALL_REPEAT_AFTER = 2_600;

/** What was played so far. Times are monotonic milliseconds. */
export interface SoundHistory {
  /** by alert id, with the severity it had: an alert that becomes more severe sounds again */
  announced: ReadonlyMap<string, Severity>;
  /** when each pattern last started */
  last: Partial<Record<PatternName, number>>;
  /** when the pattern that is playing ends */
  until: number;
}

export const EMPTY_HISTORY: SoundHistory = { announced: new Map(), last: {}, until: -Infinity };

export interface NextSound {
  play: PatternName | null;
  history: SoundHistory;
}

/**
 * What to play now. Of several alerts the most severe sounds first, and the others after it. A lost connection comes
 * after critical alerts and before all others, because it may hide anything. A ringing door station (`ringing`) comes
 * next; other alerts sound between its rings.
 */
export function nextSound(history: SoundHistory, alerts: Iterable<Alert>, stale: boolean, now: number, ringing = false): NextSound {
  const untouched = [...alerts].filter(isUntouched);
  const next = soundDue(history, untouched, stale, now, ringing);
  const play = next !== "critical" && now < history.until ? null : next;
  return { play, history: remember(history, untouched, play, now) };
}

function soundDue(history: SoundHistory, untouched: readonly Alert[], stale: boolean, now: number, ringing: boolean): PatternName | null {
  const due = (name: PatternName, pause: number): boolean => now - (history.last[name] ?? -Infinity) >= pause;
  const has = (severity: Severity): boolean => untouched.some((alert) => alert.severity === severity);
  if (has("critical")) return due("critical", REPEAT_AFTER.critical) ? "critical" : null;
  if (stale) return due("lost", LOST_REPEAT_AFTER) ? "lost" : null;
  if (ringing && due("call", CALL_REPEAT_AFTER)) return "call";
  const added = untouched.filter((alert) => isNew(history, alert));
  for (const severity of SEVERITIES) {
    if (added.some((alert) => alert.severity === severity)) return severity;
    if (has(severity) && due(severity, REPEAT_AFTER[severity])) return severity;
  }
  return null;
}

function isNew(history: SoundHistory, alert: Alert): boolean {
  const before = history.announced.get(alert.id);
  return before === undefined || rank(alert.severity) < rank(before);
}

function remember(history: SoundHistory, untouched: readonly Alert[], play: PatternName | null, now: number): SoundHistory {
  const announced = new Map<string, Severity>();
  for (const alert of untouched) {
    const before = history.announced.get(alert.id);
    if (alert.severity === play) announced.set(alert.id, alert.severity);
    else if (before !== undefined) announced.set(alert.id, before);
  }
  if (play === null) return { ...history, announced };
  return { announced, last: { ...history.last, [play]: now }, until: now + lengthOf(PATTERNS[play]) * 1000 };
}
