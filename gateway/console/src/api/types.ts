/** What the gateway's HTTP API and its live WebSocket say. Times are ISO-8601 in UTC. */

export type Language = "zh" | "en";
export type Words = Record<Language, string>;

export type Severity = "critical" | "high" | "medium" | "low";
export type AlertState = "new" | "acknowledged" | "on_scene" | "on_hold" | "closed";
export type Disposition = "real" | "false" | "nuisance" | "test" | "drill";
export type Health = "online" | "offline" | "silent" | "refused" | "unknown";
export type Role = "guard" | "supervisor" | "installer" | "manager";
export type Data = Record<string, unknown>;

export interface Session {
  user: string;
  role: Role;
  /** moves on with use */
  expires_at: string | null;
}

export interface Compound {
  name: string;
  language: string;
  property_phone: string;
  public_url: string;
  timezone: string;
  version: string;
}

export interface Person {
  name: string;
  phone: string;
  role: string;
}

export interface Household {
  place: string;
  persons: Person[];
  plates: string[];
}

export interface Step {
  action: string;
  user: string;
  at: string;
  note: string;
  /** whom it was given to, where it was assigned */
  to: string | null;
}

export interface Clip {
  id: string;
  camera: string;
  from: string;
  to: string;
  url: string;
}

/** A call between a door station and the guard room. */
export interface IntercomCall {
  id: string;
  station: string;
  station_name: string;
  place_name: Words;
  state: "ringing" | "calling" | "answered" | "ended";
  incoming: boolean;
  /** it was talked so far, or has rung */
  seconds: number;
  /** who has it or is answering it, and where */
  by: string;
  on: "" | "browser" | "desk_phone";
  /** whose browser carries its sound */
  talker: string | null;
  camera: string | null;
  unlock: { device: string; action: string; in_call: boolean } | null;
}

export interface Alert {
  id: string;
  rule: string;
  severity: Severity;
  state: AlertState;
  place: string;
  place_name: Words;
  device: string | null;
  device_name: string | null;
  camera: string | null;
  reason: string;
  reasons: Words;
  raised_at: string;
  last_at: string;
  restored_at: string | null;
  count: number;
  disposition: Disposition | null;
  assignee: string | null;
  snapshot: string | null;
  on_record: boolean;
  household: Household | null;
  /** recordings, oldest first; they come some seconds after their end */
  clips: Clip[];
  /** the newest 20; of one alert asked for by itself up to 500 */
  signals: Signal[];
  steps: Step[];
}

export interface Device {
  id: string;
  kind: string;
  type: string;
  name: string;
  place: string;
  place_name: Words;
  part_of: string | null;
  health: Health;
  since: string | null;
  heard_at: string | null;
  restarts: number;
  fault: string | null;
  /** why its line was last lost, in both languages */
  faults: Words | null;
  /** action → the names of its arguments */
  actions: Record<string, string[]>;
}

export interface Signal {
  id: string;
  kind: string;
  device: string;
  device_name: string;
  place_name: Words;
  /** the device's own clock */
  at: string | null;
  received: string;
  /** what the device itself calls it */
  source_id: string | null;
  data: Data;
  snapshot: string | null;
}

/** Somebody an alert may be given to. */
export interface Guard {
  user: string;
  role: Role;
}

/** Bytes of a device that nobody could read. */
export interface Unread {
  number: number;
  at: string;
  device: string;
  why: string;
  whys: Words;
  /** of all of it; `data` are the first bytes, in hex */
  size: number;
  data: string;
}

/** How many were dropped since the gateway's start, by what they were. */
export type Dropped = Record<string, number>;

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** All open alerts by severity, those too that no message has brought; `untouched`: nobody has seen to them yet. */
export interface OpenCounts {
  open: Record<Severity, number>;
  untouched: Record<Severity, number>;
}

export type LiveMessage =
  | {
      type: "snapshot";
      number: number;
      alerts: Alert[];
      /** open ones beyond the gravest thousand */
      alerts_left_out: number;
      counts: OpenCounts;
      devices: Device[];
      signals: Signal[];
      dropped: Dropped;
    }
  | { type: "alert"; number: number; alert: Alert; counts: OpenCounts }
  | { type: "device"; number: number; device: Device }
  | { type: "signal"; number: number; signal: Signal }
  | { type: "dropped"; number: number; dropped: Dropped }
  | { type: "beat"; number: number; at: string };
