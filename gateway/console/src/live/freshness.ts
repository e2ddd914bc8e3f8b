import { here } from "../api/base";

/** A page that received nothing for this long (ms) is out of date. The gateway sends a beat every 5 s. */
export const STALE_AFTER = 12_000;

export interface ConnectionStatus {
  connected: boolean;
  /** Monotonic milliseconds of the last message, null before the first. */
  lastMessageAt: number | null;
}

export const isStale = (status: ConnectionStatus, now: number): boolean =>
  !status.connected || status.lastMessageAt === null || now - status.lastMessageAt >= STALE_AFTER;

/** Milliseconds to wait before reconnecting: 0.5 s, doubling to 15 s, reduced by up to a half at random (`random` is 0 to 1). */
export function backoff(attempt: number, random: number): number {
  const base = Math.min(15_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(base * (0.5 + 0.5 * random));
}

export function liveAddress(page: { protocol: string; host: string }, after: number | null): string {
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  const resume = after === null ? "" : `&after=${after}`;
  return `${scheme}//${page.host}${here("/api/v1/live")}?view=brief${resume}`;
}

/** A computer that sleeps stops its monotonic clock or its timers; seen either way, by more than this (ms). */
const SLEPT_AFTER = 90_000;
const CLOCKS_APART = 5_000;

/** Notices that the computer has slept, from the page's two clocks. Timers of a hidden page run once a minute. */
export class WakeDetector {
  private before: { monotonic: number; wall: number } | null = null;

  slept(monotonic: number, wall: number): boolean {
    const before = this.before;
    this.before = { monotonic, wall };
    if (before === null) return false;
    const passed = monotonic - before.monotonic;
    return passed > SLEPT_AFTER || wall - before.wall - passed > CLOCKS_APART;
  }
}
