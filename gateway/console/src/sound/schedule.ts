import { SEVERITIES } from "../alerts/order";
import type { Ring } from "../alerts/ringing";
import type { Severity } from "../api/types";
import { PATTERNS, type PatternName, lengthOf } from "./patterns";

/** How often the sound of what rings is repeated, in milliseconds. A low one sounds once. */
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
  /** by the key of a ring, with the count it had: more of it sounds again */
  announced: ReadonlyMap<string, number>;
  /** when each pattern last started */
  last: Partial<Record<PatternName, number>>;
  /** when the pattern that is playing ends */
  until: number;
  /** how many notices have sounded */
  notices: number;
}

export const EMPTY_HISTORY: SoundHistory = { announced: new Map(), last: {}, until: -Infinity, notices: 0 };

export interface NextSound {
  play: PatternName | null;
  /** of what sounds: the highest of its rings */
  level: Ring["level"];
  history: SoundHistory;
}

/** What a guard may mute: only what is least severe, never a critical or high one. */
export const MUTABLE: readonly Severity[] = ["medium", "low"];

/**
 * What to play now. Of several the most severe sounds first, and the others after it. A lost connection comes after
 * critical ones and before all others, because it may hide anything. A ringing door station (`ringing`) comes next;
 * others sound between its rings. What has escalated is repeated twice as often, where every desk rings three times.
 * Last come notices, once each: `notices` is how many there have been. They are no alerts, so nobody mutes them.
 */
export function nextSound(history: SoundHistory, rings: readonly Ring[], stale: boolean, now: number, ringing = false, notices = 0): NextSound {
  const next = soundDue(history, rings, stale, now, ringing) ?? (notices > history.notices && !silentFor(rings, stale) ? "notice" : null);
  const play = next !== "critical" && now < history.until ? null : next;
  const heard = { ...history, notices: play === "notice" ? notices : history.notices };
  return { play, level: levelOf(rings.filter((ring) => ring.severity === play)), history: remember(heard, rings, play, now) };
}

/** While a critical alert rings, or the connection is lost, nothing less is heard. */
const silentFor = (rings: readonly Ring[], stale: boolean): boolean => stale || rings.some((ring) => ring.severity === "critical");

function soundDue(history: SoundHistory, rings: readonly Ring[], stale: boolean, now: number, ringing: boolean): PatternName | null {
  const due = (name: PatternName, pause: number): boolean => now - (history.last[name] ?? -Infinity) >= pause;
  const of = (severity: Severity): Ring[] => rings.filter((ring) => ring.severity === severity);
  if (of("critical").length > 0) return due("critical", REPEAT_AFTER.critical) ? "critical" : null;
  if (stale) return due("lost", LOST_REPEAT_AFTER) ? "lost" : null;
  if (ringing && due("call", CALL_REPEAT_AFTER)) return "call";
  for (const severity of SEVERITIES) {
    const mine = of(severity);
    if (mine.some((ring) => isNew(history, ring))) return severity;
    if (mine.length > 0 && due(severity, pauseOf(severity, levelOf(mine)))) return severity;
  }
  return rings.some((ring) => ring.severity === "reminder" && isNew(history, ring)) ? "reminder" : null;
}

const levelOf = (rings: readonly Ring[]): Ring["level"] => (rings.some((ring) => ring.level === 2) ? 2 : rings.some((ring) => ring.level === 1) ? 1 : 0);

/** A low one sounds once, until it has escalated. */
const pauseOf = (severity: Severity, level: Ring["level"]): number =>
  level === 0 ? REPEAT_AFTER[severity] : Math.min(REPEAT_AFTER[severity], REPEAT_AFTER.medium) / (1 + level);

/** Whether a guard has muted it. What has escalated is never muted. */
export const isMuted = (ring: Ring, muted: readonly Severity[]): boolean =>
  ring.level === 0 && MUTABLE.some((severity) => severity === ring.severity && muted.includes(severity));

const isNew = (history: SoundHistory, ring: Ring): boolean => ring.count > (history.announced.get(ring.key) ?? 0);

function remember(history: SoundHistory, rings: readonly Ring[], play: PatternName | null, now: number): SoundHistory {
  const announced = new Map<string, number>();
  for (const ring of rings) {
    const before = history.announced.get(ring.key);
    if (ring.severity === play) announced.set(ring.key, ring.count);
    else if (before !== undefined) announced.set(ring.key, Math.min(before, ring.count));
  }
  if (play === null) return { ...history, announced };
  return { ...history, announced, last: { ...history.last, [play]: now }, until: now + lengthOf(PATTERNS[play]) * 1000 };
}
