import type { Incident } from "../api/types";

/** How an incident stands against its limit. `milliseconds` are left, passed since, or its age. */
export interface Timing {
  kind: "due" | "overdue" | "held" | "hold-over" | "open";
  milliseconds: number;
}

export type Timed = Pick<Incident, "state" | "opened_at" | "limit_at" | "held_until">;

/** By the gateway's clock. An incident on hold counts down to the end of its hold, any other to its limit. */
export function timingOf(incident: Timed, now: number): Timing {
  const until = incident.state === "on_hold" ? incident.held_until : incident.limit_at;
  if (until === null) return { kind: "open", milliseconds: now - Date.parse(incident.opened_at) };
  const left = Date.parse(until) - now;
  if (incident.state === "on_hold") return left > 0 ? { kind: "held", milliseconds: left } : { kind: "hold-over", milliseconds: -left };
  return left > 0 ? { kind: "due", milliseconds: left } : { kind: "overdue", milliseconds: -left };
}

export const isLate = (timing: Timing): boolean => timing.kind === "overdue" || timing.kind === "hold-over";
