/** The JSON of the HTTP API and of the live WebSocket. Times are ISO 8601 in UTC. */

export type Language = "zh" | "en";
export type Words = Record<Language, string>;

export type Severity = "critical" | "high" | "medium" | "low";
export type AlertState = "new" | "acknowledged" | "on_scene" | "on_hold" | "closed";
export type Disposition = "real" | "false" | "nuisance" | "test" | "drill";
export type Health = "online" | "offline" | "silent" | "refused" | "unknown";
export type Role = "guard" | "supervisor" | "installer" | "manager" | "property" | "grid" | "police";
export type Data = Record<string, unknown>;

export interface Session {
  user: string;
  role: Role;
  /** moves on with use */
  expires_at: string | null;
}

/** How a notifier does; `healthy` when it proved within the hour that it delivers. */
export interface Notifier {
  id: string;
  kind: string;
  healthy: boolean;
  since: string;
  proved_at: string | null;
  fault: Words | null;
  waiting: number;
  /** messages of the last 30 days that were not delivered */
  failed: number;
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
  /** whom the alert was assigned to, for `assign` */
  to: string | null;
  /** the incident that the step was taken on as a whole */
  incident: string | null;
  /** address of the picture that was kept, for `snapshot` */
  snapshot?: string | null;
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
  /** how long it has been talked, or has rung */
  seconds: number;
  /** who answers or has answered it, and where */
  by: string;
  on: "" | "browser" | "desk_phone";
  /** the user whose browser carries the audio */
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
  /** at, around and near its place, the nearest first */
  cameras: string[];
  reason: string;
  reasons: Words;
  raised_at: string;
  last_at: string;
  restored_at: string | null;
  count: number;
  disposition: Disposition | null;
  assignee: string | null;
  snapshot: string | null;
  incident: string;
  drill: boolean;
  on_record: boolean;
  household: Household | null;
  /** recordings, oldest first; each appears some seconds after its end */
  clips: Clip[];
  /** the newest 20; up to 500 when one alert is requested */
  signals: Signal[];
  steps: Step[];
}

/** How far an incident has escalated, and when it goes on. */
export interface Escalation {
  level: number;
  next_at: string | null;
  /** what the next step does */
  next: Words | null;
  /** what the steps so far did */
  taken: Words[];
  /** the desk that handles it rings louder, whatever is muted there */
  louder: boolean;
  /** every desk rings, whoever handles it and whatever is muted there */
  every_desk: boolean;
}

/** Alerts that belong together, as one card (案情). */
export interface Incident {
  id: string;
  severity: Severity;
  state: AlertState;
  place: string;
  place_name: Words;
  /** of its most severe alert */
  reason: string;
  reasons: Words;
  why: string;
  whys: Words;
  opened_at: string;
  last_at: string;
  /** by when the next step is owed: acknowledgement, then arrival */
  limit_at: string | null;
  escalation: Escalation;
  /** when it rings again; while it is on hold */
  held_until: string | null;
  /** when it reminds people next, and did last; while it is in hand */
  remind_at: string | null;
  reminded_at: string | null;
  /** of what a guard wants to be reminded; empty: it reminds by itself */
  remind_note: string;
  assignee: string | null;
  merged_into: string | null;
  alerts: string[];
  open_alerts: number;
  new_alerts: number;
  /** at, around and near its places, the nearest first */
  cameras: string[];
  new_by_severity: Partial<Record<Severity, number>>;
  /** sorting by it puts the most urgent first */
  sort_key: string;
  drill: boolean;
  on_record: boolean;
}

/** A source whose alarms are not shown for a time (屏蔽). */
export interface Silence {
  id: string;
  source: string;
  source_name: Words;
  reason: string;
  by: string;
  /** the gateway throttled it */
  automatic: boolean;
  begun_at: string;
  until: string;
  /** the signal kind that is silenced; another kind there ends it */
  kind: string | null;
  /** alerts that it kept away */
  count: number;
  last_at: string | null;
  /** alarms among them that are not restored */
  going_on: number;
  restored_at: string | null;
  ended_at: string | null;
  /** until, lifted, or the signal kind that ended it */
  ended_because: string | null;
}

export interface SilencePage extends Page<Silence> {
  /** for how long a source may be silenced at most, in seconds */
  longest_s: number;
  /** when the present shift ends */
  shift_ends_at: string | null;
}

export interface DrillKind {
  kind: string;
  severity: Severity;
}

/** A drill (演练) and how long each step took, in seconds. */
export interface Drill {
  incident: string;
  kind: string;
  place: string;
  place_name: Words;
  severity: Severity;
  state: AlertState;
  started_at: string;
  acknowledged_s: number | null;
  on_scene_s: number | null;
  closed_s: number | null;
  /** the limits for a real one; null: none */
  acknowledge_within_s: number | null;
  arrive_within_s: number | null;
  by: string[];
}

export interface DrillPage extends Page<Drill> {
  kinds: DrillKind[];
}

export interface PlaceName {
  place: string;
  place_name: Words;
}

/** One thing that happened, or that a person did; `kind` is a signal kind, `alert.raised`, `clip.recorded` or a step's name. */
export interface StoryEntry {
  at: string;
  kind: string;
  alert: string | null;
  device: string | null;
  device_name: string | null;
  place_name: Words | null;
  texts: Words;
  user: string | null;
  snapshot: string | null;
  clip: string | null;
}

export interface IncidentDetail extends Incident {
  /** the newest hundred */
  alert_details: Alert[];
  steps: Step[];
  story: StoryEntry[];
}

export interface IncidentStepResult {
  incident: IncidentDetail;
  applied: string[];
  not_applied: Record<string, AlertState>;
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
  /** why its connection was last lost, in both languages */
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
  /** by the device's clock */
  at: string | null;
  received: string;
  /** the id that the device gave it */
  source_id: string | null;
  data: Data;
  snapshot: string | null;
}

/** A camera tour: `layout` cameras at a time, each step for `dwell` seconds. */
export interface Tour {
  name: Words;
  cameras: string[];
  dwell: number;
  layout: 1 | 4 | 9;
}

/** A fixed text, and the devices that speak it. */
export interface Announcement {
  id: string;
  text: Words;
  targets: { device: string; name: string; place_name: Words }[];
}

/** What desk.yaml says about cameras and commands. */
export interface DeskFacts {
  tours: Tour[];
  announcements: Announcement[];
  confirm: string[];
  reason: string[];
  may_export: boolean;
}

export interface LastCommand {
  id: string;
  device: string;
  action: string;
  arguments: Data;
  by: string;
  at: string;
  state: "recorded" | "sent" | "done" | "failed";
  why: Words | null;
}

/** An area or a zone; `state` is null where no panel has reported it. */
export interface Arming {
  device: string;
  what: "area" | "zone" | "home";
  area: number | null;
  zone: number | null;
  state: "armed" | "disarmed" | "bypassed" | "normal" | "arming" | "entry" | null;
  at: string | null;
  by: string;
  /** of a home that the gateway arms: its mode, and the names of zones that are open or bypassed */
  mode?: "away" | "home" | "night" | null;
  open?: readonly string[];
  bypassed?: readonly string[];
}

/** A picture that was kept as evidence. */
export interface KeptSnapshot {
  id: string;
  camera: string;
  at: string;
  user: string;
  sha256: string;
  bytes: number;
  alert: string | null;
  url: string;
}

/** A user to whom an alert may be assigned. */
export interface Guard {
  user: string;
  role: Role;
}

/** A message that could not be decoded. */
export interface QuarantinedMessage {
  number: number;
  at: string;
  device: string;
  why: string;
  whys: Words;
  /** of the whole message; `data` is its beginning, in hexadecimal */
  size: number;
  data: string;
}

/** How many were dropped since the gateway started, by what they were. */
export type Dropped = Record<string, number>;

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** All open alerts or incidents by severity, including those not sent; `untouched`: something of them is new. */
export interface OpenCounts {
  open: Record<Severity, number>;
  untouched: Record<Severity, number>;
}

export type LiveMessage =
  | {
      type: "snapshot";
      number: number;
      /** the most urgent open ones */
      incidents: Incident[];
      incidents_left_out: number;
      incident_counts: OpenCounts;
      /** the most severe open ones, without their details */
      alerts: Alert[];
      alerts_left_out: number;
      counts: OpenCounts;
      silences: Silence[];
      devices: Device[];
      signals: Signal[];
      dropped: Dropped;
    }
  | { type: "silence"; number: number; silence: Silence }
  | { type: "alert"; number: number; alert: Alert; counts: OpenCounts }
  | { type: "incident"; number: number; incident: Incident; counts: OpenCounts }
  | { type: "device"; number: number; device: Device }
  | { type: "signal"; number: number; signal: Signal }
  | { type: "dropped"; number: number; dropped: Dropped }
  | { type: "beat"; number: number; at: string };
