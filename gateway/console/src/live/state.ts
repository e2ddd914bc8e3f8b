import type { Alert, Device, Dropped, LiveMessage, OpenCounts, Signal } from "../api/types";

/** Signals kept on the page; older ones are asked for. */
export const KEPT_SIGNALS = 200;
const KEPT_CLOSED = 50;

/** What the page knows of the compound. `number` is where to resume. */
export interface Picture {
  number: number | null;
  /** the open ones */
  alerts: Map<string, Alert>;
  /** closed while the page was open, so that one on the screen can be seen to its end */
  lately: Map<string, Alert>;
  devices: Map<string, Device>;
  /** newest first */
  signals: Signal[];
  /** how many are open in all, where the snapshot could not bring them all; else `alerts` has each of them */
  counts: OpenCounts | null;
  dropped: Dropped;
}

export const emptyPicture = (): Picture => ({
  number: null,
  alerts: new Map(),
  lately: new Map(),
  devices: new Map(),
  signals: [],
  counts: null,
  dropped: {},
});

/** Take one message into the picture. A change already known (a resume overlaps) is left out: false. */
export function take(picture: Picture, message: LiveMessage): boolean {
  if (message.type === "beat") return true;
  if (message.type === "snapshot") {
    replaceAll(picture, message);
    return true;
  }
  if (picture.number !== null && message.number <= picture.number) return false;
  picture.number = message.number;
  if (message.type === "alert") {
    keepAlert(picture, message.alert);
    if (picture.counts) picture.counts = message.counts;
  }
  if (message.type === "device") picture.devices.set(message.device.id, message.device);
  else if (message.type === "signal") keepSignal(picture, message.signal);
  else if (message.type === "dropped") picture.dropped = message.dropped;
  return true;
}

/** An alert as an action returned it; an older one than the live one known is left out. */
export function takeAnswer(picture: Picture, alert: Alert): void {
  const known = picture.alerts.get(alert.id) ?? picture.lately.get(alert.id);
  if (known && known.steps.length > alert.steps.length) return;
  keepAlert(picture, alert);
}

function replaceAll(picture: Picture, message: Extract<LiveMessage, { type: "snapshot" }>): void {
  picture.number = message.number;
  picture.alerts = new Map(message.alerts.filter((alert) => alert.state !== "closed").map((alert) => [alert.id, alert]));
  picture.devices = new Map(message.devices.map((device) => [device.id, device]));
  picture.signals = [...message.signals].sort(newestFirst).slice(0, KEPT_SIGNALS);
  picture.counts = message.alerts_left_out > 0 ? message.counts : null;
  picture.dropped = message.dropped;
}

function keepAlert(picture: Picture, alert: Alert): void {
  if (alert.state !== "closed") {
    picture.alerts.set(alert.id, alert);
    return;
  }
  picture.alerts.delete(alert.id);
  picture.lately.delete(alert.id);
  picture.lately.set(alert.id, alert);
  for (const oldest of picture.lately.keys()) {
    if (picture.lately.size <= KEPT_CLOSED) break;
    picture.lately.delete(oldest);
  }
}

function keepSignal(picture: Picture, signal: Signal): void {
  if (picture.signals.some((known) => known.id === signal.id)) return;
  picture.signals = [signal, ...picture.signals].slice(0, KEPT_SIGNALS);
}

const newestFirst = (a: Signal, b: Signal): number => Date.parse(b.received) - Date.parse(a.received);
