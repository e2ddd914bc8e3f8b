import type { Signal } from "../api/types";

/** Minutes after which nobody at the screen can still act on it; the events keep it. */
const TOLD_FOR = 10;

/** The newest command that failed and that nobody has seen to; a later success of the same takes it back. */
export function lastFailed(signals: readonly Signal[], seen: ReadonlySet<string>, now: number): Signal | null {
  const settled = new Set<string>();
  for (const signal of signals) {
    const order = `${signal.device} ${String(signal.data["action"])}`;
    if (signal.kind === "command.done") settled.add(order);
    if (signal.kind !== "command.failed" || settled.has(order) || seen.has(signal.id)) continue;
    if (now - Date.parse(signal.received) < TOLD_FOR * 60_000) return signal;
  }
  return null;
}
