import type { Alert, Device, Escalation, Incident, Signal, Silence } from "./types";

const words = (zh: string): { zh: string; en: string } => ({ zh, en: zh });

/** Seconds after the start of the tests' night. */
export const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

export const anAlert = (given: Partial<Alert> = {}): Alert => ({
  id: "a-1",
  rule: "perimeter",
  severity: "high",
  state: "new",
  place: "wall/n4",
  place_name: words("北围墙 4段"),
  device: "zone-n4",
  device_name: "北围墙4段",
  camera: null,
  cameras: [],
  reason: "围栏报警",
  reasons: words("围栏报警"),
  raised_at: at(0),
  last_at: at(0),
  restored_at: null,
  count: 1,
  disposition: null,
  assignee: null,
  snapshot: null,
  incident: "",
  drill: false,
  on_record: true,
  household: null,
  clips: [],
  signals: [],
  steps: [],
  ...given,
});

export const anEscalation = (given: Partial<Escalation> = {}): Escalation => ({
  level: 0,
  next_at: null,
  next: null,
  taken: [],
  louder: false,
  every_desk: false,
  ...given,
});

/** Its sort key is made of its severity, state and time, as the gateway makes it. */
export const anIncident = (given: Partial<Incident> = {}): Incident => {
  const incident: Incident = {
    id: "i-1",
    severity: "high",
    state: "new",
    place: "wall/n4",
    place_name: words("北围墙 4段"),
    reason: "围栏报警",
    reasons: words("围栏报警"),
    why: "单独一条警情",
    whys: words("单独一条警情"),
    opened_at: at(0),
    last_at: at(0),
    limit_at: null,
    escalation: anEscalation(),
    held_until: null,
    remind_at: null,
    reminded_at: null,
    remind_note: "",
    assignee: null,
    merged_into: null,
    alerts: ["a-1"],
    open_alerts: 1,
    new_alerts: 1,
    cameras: [],
    new_by_severity: {},
    sort_key: "",
    drill: false,
    on_record: true,
    ...given,
  };
  const fresh = incident.state === "new";
  const severity = ["critical", "high", "medium", "low"].indexOf(incident.severity);
  const group = fresh ? 0 : incident.state === "on_hold" ? 2 : 1;
  return {
    ...incident,
    new_by_severity: given.new_by_severity ?? (fresh ? { [incident.severity]: 1 } : {}),
    sort_key: given.sort_key ?? `${severity}${group}${Date.parse(incident.opened_at)}${incident.id}`,
  };
};

export const aDevice = (given: Partial<Device> = {}): Device => ({
  id: "door-1",
  kind: "mqtt_device",
  type: "door",
  name: "单元门",
  place: "b3/u1",
  place_name: words("3号楼 1单元"),
  part_of: null,
  health: "online",
  since: at(0),
  heard_at: at(0),
  restarts: 0,
  fault: null,
  faults: null,
  actions: {},
  ...given,
});

export const aSignal = (given: Partial<Signal> = {}): Signal => ({
  id: "s-1",
  kind: "zone.alarm",
  device: "zone-n4",
  device_name: "北围墙4段",
  place_name: words("北围墙 4段"),
  at: null,
  received: at(0),
  source_id: null,
  data: {},
  snapshot: null,
  ...given,
});

export const aSilence = (given: Partial<Silence> = {}): Silence => ({
  id: "q-1",
  source: "zone-n4",
  source_name: words("北围墙4段"),
  reason: "施工",
  by: "王建国",
  automatic: false,
  begun_at: at(0),
  until: at(1800),
  kind: "zone.alarm",
  count: 0,
  last_at: null,
  going_on: 0,
  restored_at: null,
  ended_at: null,
  ended_because: null,
  ...given,
});
