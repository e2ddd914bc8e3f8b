import type { Signal } from "../api/types";

/** How long a failed command is shown: after that nobody at the screen can act on it. The events keep it. */
const SHOWN_MINUTES = 10;

/** The newest failed command that nobody has dismissed. A later success of the same action on the device hides it. */
export function lastFailed(signals: readonly Signal[], dismissed: ReadonlySet<string>, now: number): Signal | null {
  const succeeded = new Set<string>();
  for (const signal of signals) {
    const key = `${signal.device} ${String(signal.data["action"])}`;
    if (signal.kind === "command.done") succeeded.add(key);
    if (signal.kind !== "command.failed" || succeeded.has(key) || dismissed.has(signal.id)) continue;
    if (now - Date.parse(signal.received) < SHOWN_MINUTES * 60_000) return signal;
  }
  return null;
}
