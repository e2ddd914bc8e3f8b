import type { Alert, Incident, Severity } from "../api/types";
import { rank } from "../alerts/order";
import type { Described } from "../shell/described";

/** One line of the list beside the plan: an incident with some of its alerts on the drawing. */
export interface PlanRow extends Described {
  /** the incident's */
  id: string;
  severity: Severity;
  /** how many of its alerts are on the drawing */
  count: number;
  sort_key: string;
}

/**
 * The incidents of these alerts in the desk's order. One that this page has not received is told by the most urgent of
 * its alerts, and comes after those of its severity.
 */
export function rowsOf(alerts: readonly Alert[], incidents: ReadonlyMap<string, Incident>): PlanRow[] {
  const rows = new Map<string, PlanRow>();
  for (const alert of alerts) {
    const id = alert.incident || alert.id;
    const row = rows.get(id);
    if (row) row.count += 1;
    else rows.set(id, rowOf(id, alert, incidents.get(id)));
  }
  return [...rows.values()].sort((a, b) => (a.sort_key < b.sort_key ? -1 : 1));
}

function rowOf(id: string, alert: Alert, incident: Incident | undefined): PlanRow {
  const { severity, place, place_name, reason, reasons } = incident ?? alert;
  return { id, severity, place, place_name, reason, reasons, count: 1, sort_key: incident?.sort_key ?? `${rank(severity)}9${alert.raised_at}${id}` };
}
