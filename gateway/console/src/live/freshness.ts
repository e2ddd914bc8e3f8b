import { here } from "../api/base";

/** A page that heard nothing for this long must not be trusted. The gateway beats every 5 s. */
export const STALE_AFTER = 12_000;

export interface Hearing {
  connected: boolean;
  /** Monotonic milliseconds of the last message, null before the first. */
  heardAt: number | null;
}

export const isStale = (hearing: Hearing, now: number): boolean =>
  !hearing.connected || hearing.heardAt === null || now - hearing.heardAt >= STALE_AFTER;

/** How long to wait before trying again: 0.5 s, doubling to 15 s, spread by up to a half. */
export function backoff(attempt: number, chance: number): number {
  const base = Math.min(15_000, 500 * 2 ** Math.min(attempt, 10));
  return Math.round(base * (0.5 + 0.5 * chance));
}

export function liveAddress(page: { protocol: string; host: string }, after: number | null): string {
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  const resume = after === null ? "" : `?after=${after}`;
  return `${scheme}//${page.host}${here("/api/v1/live")}${resume}`;
}
