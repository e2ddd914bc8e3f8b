import type { Alert, Device, Dropped, LiveMessage, OpenCounts, Signal } from "../api/types";

/** Signals kept on the page; older ones are read from the gateway. */
export const MAX_SIGNALS = 200;
const MAX_CLOSED = 50;

/** The state of the compound as this page has received it. `number` is where the live feed resumes. */
export interface LiveState {
  number: number | null;
  /** the open ones */
  alerts: Map<string, Alert>;
  /** closed while the page was open, so that one on the screen does not vanish */
  recentlyClosed: Map<string, Alert>;
  devices: Map<string, Device>;
  /** newest first */
  signals: Signal[];
  /** all open alerts by severity, when the snapshot left some out; null when `alerts` has all of them */
  counts: OpenCounts | null;
  dropped: Dropped;
}

export const emptyState = (): LiveState => ({
  number: null,
  alerts: new Map(),
  recentlyClosed: new Map(),
  devices: new Map(),
  signals: [],
  counts: null,
  dropped: {},
});

/** Applies one message. False for a change that was applied before: a resumed feed overlaps. */
export function applyMessage(state: LiveState, message: LiveMessage): boolean {
  if (message.type === "beat") return true;
  if (message.type === "snapshot") {
    replaceAll(state, message);
    return true;
  }
  if (state.number !== null && message.number <= state.number) return false;
  state.number = message.number;
  if (message.type === "alert") {
    keepAlert(state, message.alert);
    if (state.counts) state.counts = message.counts;
  }
  if (message.type === "device") state.devices.set(message.device.id, message.device);
  else if (message.type === "signal") keepSignal(state, message.signal);
  else if (message.type === "dropped") state.dropped = message.dropped;
  return true;
}

/** Applies an alert as the API returned it, unless the live feed has brought a newer one. */
export function applyResponse(state: LiveState, alert: Alert): void {
  const known = state.alerts.get(alert.id) ?? state.recentlyClosed.get(alert.id);
  if (known && known.steps.length > alert.steps.length) return;
  keepAlert(state, alert);
}

function replaceAll(state: LiveState, message: Extract<LiveMessage, { type: "snapshot" }>): void {
  state.number = message.number;
  state.alerts = new Map(message.alerts.filter((alert) => alert.state !== "closed").map((alert) => [alert.id, alert]));
  state.devices = new Map(message.devices.map((device) => [device.id, device]));
  state.signals = [...message.signals].sort(newestFirst).slice(0, MAX_SIGNALS);
  state.counts = message.alerts_left_out > 0 ? message.counts : null;
  state.dropped = message.dropped;
}

function keepAlert(state: LiveState, alert: Alert): void {
  if (alert.state !== "closed") {
    state.alerts.set(alert.id, alert);
    return;
  }
  state.alerts.delete(alert.id);
  state.recentlyClosed.delete(alert.id);
  state.recentlyClosed.set(alert.id, alert);
  for (const oldest of state.recentlyClosed.keys()) {
    if (state.recentlyClosed.size <= MAX_CLOSED) break;
    state.recentlyClosed.delete(oldest);
  }
}

function keepSignal(state: LiveState, signal: Signal): void {
  if (state.signals.some((known) => known.id === signal.id)) return;
  state.signals = [signal, ...state.signals].slice(0, MAX_SIGNALS);
}

const newestFirst = (a: Signal, b: Signal): number => Date.parse(b.received) - Date.parse(a.received);
