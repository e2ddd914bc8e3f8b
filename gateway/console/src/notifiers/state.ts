import type { Notifier } from "../api/types";

/** `unproved`: new or changed, and neither proved nor failed so far. */
export type NotifierState = "healthy" | "failing" | "unproved";

export function stateOf(notifier: Notifier): NotifierState {
  if (notifier.healthy) return "healthy";
  return notifier.proved_at === null && notifier.fault === null ? "unproved" : "failing";
}

/** Those that fail first, otherwise in the order of the YAML. */
export function failingFirst(notifiers: readonly Notifier[]): Notifier[] {
  const rank = { failing: 0, unproved: 1, healthy: 2 };
  return [...notifiers].sort((one, other) => rank[stateOf(one)] - rank[stateOf(other)]);
}
