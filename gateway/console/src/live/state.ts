import type { Alert, Device, Dropped, Incident, LiveMessage, OpenCounts, Signal, Silence } from "../api/types";
import { keepAlert, keepIncident, noCounts } from "./open";

/** Signals kept on the page; older ones are read from the gateway. */
export const MAX_SIGNALS = 200;
const MAX_ENDED = 50;

/** The state of the compound as this page has received it. `number` is where the live feed resumes. */
export interface LiveState {
  number: number | null;
  /** open incidents: the most urgent, and those that changed since */
  incidents: Map<string, Incident>;
  /** the sort key up to which `incidents` has all open ones; null when it has all that there are */
  knownUpTo: string | null;
  /** all open incidents by severity, those that are not here included */
  incidentCounts: OpenCounts;
  /** open alerts without their details: the most severe, and those that changed since */
  alerts: Map<string, Alert>;
  /** all open alerts by severity */
  counts: OpenCounts;
  /** closed while the page was open, so that one on the screen does not vanish */
  closedIncidents: Map<string, Incident>;
  /** silences in force; another map for each change */
  silences: ReadonlyMap<string, Silence>;
  /** silences that ended while the page was open, newest last */
  endedSilences: readonly Silence[];
  devices: Map<string, Device>;
  /** newest first */
  signals: Signal[];
  dropped: Dropped;
}

export const emptyState = (): LiveState => ({
  number: null,
  incidents: new Map(),
  knownUpTo: null,
  incidentCounts: noCounts(),
  alerts: new Map(),
  counts: noCounts(),
  closedIncidents: new Map(),
  silences: new Map(),
  endedSilences: [],
  devices: new Map(),
  signals: [],
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
  if (message.type === "incident") {
    keepIncident(state, message.incident);
    state.incidentCounts = message.counts;
  } else if (message.type === "alert") {
    keepAlert(state, message.alert);
    state.counts = message.counts;
  } else if (message.type === "silence") keepSilence(state, message.silence);
  else if (message.type === "device") state.devices.set(message.device.id, message.device);
  else if (message.type === "signal") keepSignal(state, message.signal);
  else if (message.type === "dropped") state.dropped = message.dropped;
  return true;
}

function replaceAll(state: LiveState, message: Extract<LiveMessage, { type: "snapshot" }>): void {
  state.number = message.number;
  state.incidents = new Map(message.incidents.map((incident) => [incident.id, incident]));
  state.knownUpTo = message.incidents_left_out > 0 ? (message.incidents.at(-1)?.sort_key ?? "") : null;
  state.incidentCounts = message.incident_counts;
  state.alerts = new Map(message.alerts.map((alert) => [alert.id, alert]));
  state.counts = message.counts;
  state.silences = new Map(message.silences.map((silence) => [silence.id, silence]));
  state.devices = new Map(message.devices.map((device) => [device.id, device]));
  state.signals = [...message.signals].sort(newestFirst).slice(0, MAX_SIGNALS);
  state.dropped = message.dropped;
}

function keepSilence(state: LiveState, silence: Silence): void {
  const next = new Map(state.silences);
  if (silence.ended_at === null) next.set(silence.id, silence);
  else {
    next.delete(silence.id);
    state.endedSilences = [...state.endedSilences, silence].slice(-MAX_ENDED);
  }
  state.silences = next;
}

function keepSignal(state: LiveState, signal: Signal): void {
  if (state.signals.some((known) => known.id === signal.id)) return;
  state.signals = [signal, ...state.signals].slice(0, MAX_SIGNALS);
}

const newestFirst = (a: Signal, b: Signal): number => Date.parse(b.received) - Date.parse(a.received);
