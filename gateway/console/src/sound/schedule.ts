import type { Alert, Severity } from "../api/types";
import { SEVERITIES, isUntouched, rank } from "../alerts/order";
import { PATTERNS, type PatternName, lengthOf } from "./patterns";

/** How often an untouched alert is heard again, in milliseconds. A low one is heard once. */
export const AGAIN_AFTER: Record<Severity, number> = {
  critical: 3_400,
  high: 30_000,
  medium: 120_000,
  low: Number.MAX_SAFE_INTEGER,
};
export const LOST_AGAIN_AFTER = 15_000;
/** A door station that rings, rings like a telephone. */
export const CALL_AGAIN_AFTER = 2_600;

/** What was heard so far, in monotonic milliseconds. */
export interface Heard {
  /** by id, with the severity it had, so that an alert that grows graver is heard anew */
  announced: ReadonlyMap<string, Severity>;
  /** when a pattern last began */
  last: Partial<Record<PatternName, number>>;
  /** when the pattern that is sounding ends */
  until: number;
}

export const NOTHING_HEARD: Heard = { announced: new Map(), last: {}, until: -Infinity };

export interface Turn {
  play: PatternName | null;
  heard: Heard;
}

/**
 * What to sound now. Of several the gravest is heard, and the others in their turn; a lost connection comes
 * after critical alerts and before all others, for behind it may be anything. A station's call (`called`) comes next:
 * somebody stands at the door; other alerts sound between its rings.
 */
export function nextSound(heard: Heard, alerts: Iterable<Alert>, stale: boolean, now: number, called = false): Turn {
  const untouched = [...alerts].filter(isUntouched);
  const wanted = wantedSound(heard, untouched, stale, now, called);
  const play = wanted !== "critical" && now < heard.until ? null : wanted;
  return { play, heard: remember(heard, untouched, play, now) };
}

function wantedSound(heard: Heard, untouched: readonly Alert[], stale: boolean, now: number, called: boolean): PatternName | null {
  const due = (name: PatternName, pause: number): boolean => now - (heard.last[name] ?? -Infinity) >= pause;
  const has = (severity: Severity): boolean => untouched.some((alert) => alert.severity === severity);
  if (has("critical")) return due("critical", AGAIN_AFTER.critical) ? "critical" : null;
  if (stale) return due("lost", LOST_AGAIN_AFTER) ? "lost" : null;
  if (called && due("call", CALL_AGAIN_AFTER)) return "call";
  const news = untouched.filter((alert) => isNews(heard, alert));
  for (const severity of SEVERITIES) {
    if (news.some((alert) => alert.severity === severity)) return severity;
    if (has(severity) && due(severity, AGAIN_AFTER[severity])) return severity;
  }
  return null;
}

function isNews(heard: Heard, alert: Alert): boolean {
  const before = heard.announced.get(alert.id);
  return before === undefined || rank(alert.severity) < rank(before);
}

function remember(heard: Heard, untouched: readonly Alert[], play: PatternName | null, now: number): Heard {
  const announced = new Map<string, Severity>();
  for (const alert of untouched) {
    const before = heard.announced.get(alert.id);
    if (alert.severity === play) announced.set(alert.id, alert.severity);
    else if (before !== undefined) announced.set(alert.id, before);
  }
  if (play === null) return { ...heard, announced };
  return { announced, last: { ...heard.last, [play]: now }, until: now + lengthOf(PATTERNS[play]) * 1000 };
}
