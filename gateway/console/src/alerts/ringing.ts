import type { Incident, Severity } from "../api/types";
import { justReminded } from "./coming";
import { SEVERITIES } from "./order";
import { timingOf } from "./timing";

/** Something that rings. When `count` grows it is new again; it grows with the level, so that each step is heard at once. */
export interface Ring {
  key: string;
  /** a reminder sounds once, and shortly */
  severity: Severity | "reminder";
  count: number;
  /** louder and more often, also where its severity is muted: 1 at the desk that handles it, 2 at every desk */
  level: 0 | 1 | 2;
}

/**
 * What rings at this time at the desk of `user`: new alerts, each severity of an incident by itself, so that one that
 * joins an incident that is in hand sounds as what it is; a hold that is over; an incident in hand that has escalated;
 * a reminder. What is in another's hand rings there only, until every desk rings.
 */
export function ringsOf(incidents: Iterable<Incident>, now: number, user: string | null = null): Ring[] {
  const rings: Ring[] = [];
  for (const incident of incidents) {
    const { id, state, severity, escalation, assignee } = incident;
    const mine = assignee === null || assignee === user;
    const level = escalation.every_desk ? 2 : escalation.louder && mine ? 1 : 0;
    const ring = (what: string, of: Ring["severity"], count: number): void => {
      rings.push({ key: `${id} ${what}`, severity: of, count: 3 * count + level, level: of === "reminder" ? 0 : level });
    };
    for (const each of SEVERITIES) {
      const count = incident.new_by_severity[each] ?? 0;
      if (count > 0) ring(each, each, count);
    }
    if (!mine && !escalation.every_desk) continue;
    if (state === "on_hold" && timingOf(incident, now).kind === "hold-over") ring("hold-over", severity, 1);
    else if ((state === "acknowledged" || state === "on_scene") && level > 0) ring("late", severity, escalation.level);
    if (state !== "closed" && justReminded(incident, now)) ring(`reminded ${incident.reminded_at}`, "reminder", 1);
  }
  return rings;
}
