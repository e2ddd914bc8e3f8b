import type { Alert, Incident, OpenCounts, Page, Severity } from "../api/types";

/** Open incidents and alerts on the page. Beyond these the least urgent are forgotten, and read again when asked for. */
export const MAX_INCIDENTS = 2_500;
export const MAX_ALERTS = 600;
const MAX_CLOSED = 50;
const RANK: Record<Severity, number> = { critical: 0, high: 1, medium: 2, low: 3 };

/** The part of the page's state that is about what is open. */
export interface OpenState {
  incidents: Map<string, Incident>;
  knownUpTo: string | null;
  alerts: Map<string, Alert>;
  closedIncidents: Map<string, Incident>;
}

const none = (): Record<Severity, number> => ({ critical: 0, high: 0, medium: 0, low: 0 });
export const noCounts = (): OpenCounts => ({ open: none(), untouched: none() });

export const bySortKey = (a: Incident, b: Incident): number => (a.sort_key < b.sort_key ? -1 : a.sort_key > b.sort_key ? 1 : 0);

export function keepIncident(state: OpenState, incident: Incident): void {
  if (incident.state !== "closed") {
    state.incidents.set(incident.id, incident);
    if (state.incidents.size > MAX_INCIDENTS) forgetLeastUrgent(state);
    return;
  }
  state.incidents.delete(incident.id);
  state.closedIncidents.delete(incident.id);
  state.closedIncidents.set(incident.id, incident);
  for (const oldest of state.closedIncidents.keys()) {
    if (state.closedIncidents.size <= MAX_CLOSED) break;
    state.closedIncidents.delete(oldest);
  }
}

/** A page of open incidents that was asked for after `after`. What the live feed brought meanwhile is newer. */
export function addPage(state: OpenState, page: Page<Incident>, after: string | null): void {
  for (const incident of page.items) {
    if (!state.incidents.has(incident.id) && !state.closedIncidents.has(incident.id)) state.incidents.set(incident.id, incident);
  }
  if (state.knownUpTo === after) state.knownUpTo = page.next;
}

export function keepAlert(state: OpenState, alert: Alert): void {
  if (alert.state === "closed") {
    state.alerts.delete(alert.id);
    return;
  }
  state.alerts.set(alert.id, alert);
  if (state.alerts.size <= MAX_ALERTS) return;
  const kept = [...state.alerts.values()].sort((a, b) => RANK[a.severity] - RANK[b.severity] || Date.parse(b.raised_at) - Date.parse(a.raised_at));
  state.alerts = new Map(kept.slice(0, MAX_ALERTS / 2).map((one) => [one.id, one]));
}

function forgetLeastUrgent(state: OpenState): void {
  const kept = [...state.incidents.values()].sort(bySortKey).slice(0, Math.round(MAX_INCIDENTS * 0.8));
  state.incidents = new Map(kept.map((one) => [one.id, one]));
  const last = kept.at(-1)?.sort_key ?? "";
  if (state.knownUpTo === null || last < state.knownUpTo) state.knownUpTo = last;
}
