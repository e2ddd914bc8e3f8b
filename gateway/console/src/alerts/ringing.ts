import type { Incident, Severity } from "../api/types";
import { SEVERITIES } from "./order";
import { timingOf } from "./timing";

/** Something that rings. When `count` grows it is new again; `level` is how far it has escalated. */
export interface Ring {
  key: string;
  severity: Severity;
  count: number;
  level: number;
}

/**
 * What rings at this time: new alerts, each severity of an incident by itself, so that one that joins an incident that
 * is in hand sounds as what it is; a hold that is over; an incident in hand that has escalated. On hold: nothing else.
 */
export function ringsOf(incidents: Iterable<Incident>, now: number): Ring[] {
  const rings: Ring[] = [];
  for (const incident of incidents) {
    const { id, state, severity, escalation } = incident;
    const ring = (what: string, of: Severity, count: number): void => {
      rings.push({ key: `${id} ${what}`, severity: of, count, level: escalation.level });
    };
    for (const each of SEVERITIES) {
      const count = incident.new_by_severity[each] ?? 0;
      if (count > 0) ring(each, each, count);
    }
    if (state === "on_hold" && timingOf(incident, now).kind === "hold-over") ring("hold-over", severity, 1);
    else if ((state === "acknowledged" || state === "on_scene") && escalation.level > 0) ring("late", severity, escalation.level);
  }
  return rings;
}
