import type { Alert, OpenCounts, Severity } from "../api/types";

export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

export const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

export const isUntouched = (alert: Alert): boolean => alert.state === "new";

/** Most severe first; within a severity the untouched first, and those that have waited longest. */
export const byUrgency = (a: Alert, b: Alert): number =>
  rank(a.severity) - rank(b.severity) ||
  Number(isUntouched(b)) - Number(isUntouched(a)) ||
  Date.parse(a.raised_at) - Date.parse(b.raised_at) ||
  a.id.localeCompare(b.id);

export const queue = (alerts: Iterable<Alert>): Alert[] => [...alerts].sort(byUrgency);

/** The alert to handle next: the most severe untouched one. */
export const mostUrgent = (ordered: readonly Alert[]): Alert | null => ordered.find(isUntouched) ?? null;

/** The alert after (1) or before (-1) the selected one; stays at the ends of the queue. */
export function neighbour(ordered: readonly Alert[], selected: string | null, step: 1 | -1): string | null {
  const at = ordered.findIndex((alert) => alert.id === selected);
  if (at < 0) return ordered[0]?.id ?? null;
  return ordered[Math.min(ordered.length - 1, Math.max(0, at + step))]?.id ?? null;
}

/** What to select once `gone` has left the queue: the most urgent untouched alert, else the one in its place. */
export function afterClosing(before: readonly Alert[], gone: string): string | null {
  const left = before.filter((alert) => alert.id !== gone);
  const at = before.findIndex((alert) => alert.id === gone);
  return (mostUrgent(left) ?? left[Math.max(0, Math.min(at, left.length - 1))])?.id ?? null;
}

export function countBySeverity(alerts: readonly Alert[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const alert of alerts) counts[alert.severity] += 1;
  return counts;
}

/** All open alerts: those on this page, and those that the gateway counts beyond them. */
export interface Totals {
  open: Record<Severity, number>;
  untouched: Record<Severity, number>;
}

/** `all` is null when the page has every alert. It may lag behind the page, so the larger number counts. */
export function totals(listed: readonly Alert[], all: OpenCounts | null): Totals {
  const here = { open: countBySeverity(listed), untouched: countBySeverity(listed.filter(isUntouched)) };
  return all === null ? here : { open: larger(here.open, all.open), untouched: larger(here.untouched, all.untouched) };
}

/** How many of `all` are not in the list that is shown. */
export function unlisted(all: Record<Severity, number>, shown: readonly Alert[]): Record<Severity, number> {
  const filteredDevices = countBySeverity(shown);
  return bySeverity((severity) => all[severity] - filteredDevices[severity]);
}

export const sum = (counts: Record<Severity, number>): number => SEVERITIES.reduce((all, one) => all + counts[one], 0);

const larger = (one: Record<Severity, number>, other: Record<Severity, number>): Record<Severity, number> =>
  bySeverity((severity) => Math.max(one[severity], other[severity]));

const bySeverity = (count: (severity: Severity) => number): Record<Severity, number> => ({
  critical: count("critical"),
  high: count("high"),
  medium: count("medium"),
  low: count("low"),
});
