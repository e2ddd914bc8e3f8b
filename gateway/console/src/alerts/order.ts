import type { Alert, AlertState, Severity } from "../api/types";
import type { Messages } from "../i18n/zh";

export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low"];

export const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** Nobody has acknowledged the alert; of an incident: it has such an alert. */
export const isUntouched = (one: { state: AlertState }): boolean => one.state === "new";

/** As the gateway's sort key of incidents: first what is new, then what is in hand, then what is on hold. */
const GROUP: Record<AlertState, number> = { new: 0, acknowledged: 1, on_scene: 1, on_hold: 2, closed: 3 };

/** Most severe first; within a severity the untouched first, and those that have waited longest. As incidents on the desk. */
export const byUrgency = (a: Alert, b: Alert): number =>
  rank(a.severity) - rank(b.severity) ||
  GROUP[a.state] - GROUP[b.state] ||
  Date.parse(a.raised_at) - Date.parse(b.raised_at) ||
  a.id.localeCompare(b.id);

export const queue = (alerts: Iterable<Alert>): Alert[] => [...alerts].sort(byUrgency);

interface Listed {
  id: string;
  state: AlertState;
}

/** What to handle next: the most severe untouched one. */
export const mostUrgent = <T extends Listed>(ordered: readonly T[]): T | null => ordered.find(isUntouched) ?? null;

/** The one after (1) or before (-1) the selected one; stays at the ends of the list. */
export function neighbour(ordered: readonly { id: string }[], selected: string | null, step: 1 | -1): string | null {
  const at = ordered.findIndex((one) => one.id === selected);
  if (at < 0) return ordered[0]?.id ?? null;
  return ordered[Math.min(ordered.length - 1, Math.max(0, at + step))]?.id ?? null;
}

/** What to select once `gone` has left the queue: the most urgent untouched one, else the one in its place. */
export function afterClosing(before: readonly Listed[], gone: string): string | null {
  const left = before.filter((one) => one.id !== gone);
  const at = before.findIndex((one) => one.id === gone);
  return (mostUrgent(left) ?? left[Math.max(0, Math.min(at, left.length - 1))])?.id ?? null;
}

export function countBySeverity(listed: readonly { severity: Severity }[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const one of listed) counts[one.severity] += 1;
  return counts;
}

/** How many of `all` are not in the list that is shown. The counts may lag behind the list. */
export function unlisted(all: Record<Severity, number>, shown: readonly { severity: Severity }[]): Record<Severity, number> {
  const here = countBySeverity(shown);
  const beyond = (severity: Severity): number => Math.max(0, all[severity] - here[severity]);
  return { critical: beyond("critical"), high: beyond("high"), medium: beyond("medium"), low: beyond("low") };
}

/** Such as `紧急 2`, for each severity of which there are some. */
export const countsOf = (counts: Record<Severity, number>, t: Messages): string[] =>
  SEVERITIES.filter((severity) => counts[severity] > 0).map((severity) => t.alerts.countOf(t.severity[severity], counts[severity]));

export const sum = (counts: Record<Severity, number>): number => SEVERITIES.reduce((all, one) => all + counts[one], 0);
