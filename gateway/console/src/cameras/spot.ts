import { byUrgency, isUntouched } from "../alerts/order";
import type { Alert } from "../api/types";

/** Live pictures on the spot page at once: what a browser on a guard room's computer decodes smoothly. */
export const MAX_LIVE = 9;
export const MAX_MAIN = 6;
const MAX_STRIP = MAX_LIVE - MAX_MAIN;

/** What happens at one scene: the open alerts of one incident, the most urgent first. */
export interface Scene {
  id: string;
  top: Alert;
  alerts: readonly Alert[];
  cameras: readonly string[];
}

export interface SpotPicture {
  /** shown large; null: nothing is open */
  main: Scene | null;
  strip: readonly Scene[];
  /** scenes beyond the strip */
  more: number;
}

/** The open alerts as scenes, the most urgent first. */
export function scenesOf(open: Iterable<Alert>): Scene[] {
  const groups = new Map<string, Alert[]>();
  for (const alert of [...open].sort(byUrgency)) {
    const id = alert.incident || alert.id;
    groups.set(id, [...(groups.get(id) ?? []), alert]);
  }
  return [...groups].map(([id, alerts]) => sceneOf(id, alerts));
}

function sceneOf(id: string, alerts: readonly Alert[]): Scene {
  const cameras = [...new Set(alerts.flatMap((alert) => alert.cameras))].slice(0, MAX_MAIN);
  return { id, top: alerts[0] as Alert, alerts, cameras };
}

/** What the second screen shows. A scene without a camera gives way to an equally grave one that has some. */
export function spotPicture(open: Iterable<Alert>): SpotPicture {
  const scenes = scenesOf(open);
  const first = scenes[0];
  if (!first) return { main: null, strip: [], more: 0 };
  const main = scenes.find((scene) => isAsUrgent(scene, first) && scene.cameras.length > 0) ?? first;
  const others = scenes.filter((scene) => scene !== main);
  return { main, strip: others.slice(0, MAX_STRIP), more: Math.max(0, others.length - MAX_STRIP) };
}

const isAsUrgent = (scene: Scene, other: Scene): boolean =>
  scene.top.severity === other.top.severity && isUntouched(scene.top) === isUntouched(other.top);
