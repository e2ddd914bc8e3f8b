import { isUntouched, unlisted } from "../alerts/order";
import type { Incident, Severity } from "../api/types";

/** Live pictures on the spot page at once: what a browser on a guard room's computer decodes smoothly. */
export const MAX_LIVE = 9;
export const MAX_MAIN = 6;
const MAX_STRIP = MAX_LIVE - MAX_MAIN;

export interface SpotPicture {
  /** shown large; null: nothing is open */
  main: Incident | null;
  strip: readonly Incident[];
  /** open incidents beyond these, those that are not on this page included */
  more: Record<Severity, number>;
}

/** The cameras of an incident that are shown, the nearest first. */
export const camerasAt = (incident: Incident): readonly string[] => incident.cameras.slice(0, MAX_MAIN);

/**
 * What the second screen shows of the open incidents, which come in the desk's order; `open` counts all there are. One
 * without a camera gives way to an equally urgent one that has some.
 */
export function spotPicture(queue: readonly Incident[], open: Record<Severity, number>): SpotPicture {
  const first = queue[0];
  if (!first) return { main: null, strip: [], more: open };
  const main = queue.find((incident) => isAsUrgent(incident, first) && incident.cameras.length > 0) ?? first;
  const strip = queue.filter((incident) => incident !== main).slice(0, MAX_STRIP);
  return { main, strip, more: unlisted(open, [main, ...strip]) };
}

const isAsUrgent = (incident: Incident, other: Incident): boolean =>
  incident.severity === other.severity && isUntouched(incident) === isUntouched(other);
