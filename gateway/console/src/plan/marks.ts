import type { Alert, Device, Health, Severity } from "../api/types";
import { hasFault } from "../devices/health";
import type { Messages } from "../i18n/zh";
import { type AlarmMark, anyUntouched, worst } from "./alarms";
import { type Cluster, clusters } from "./clusters";
import { deviceIcon, floorsIcon, severityIcon } from "./icons";
import { namesWithRoom } from "./names";
import type { Mark } from "./planMap";
import type { DevicePosition, PlacePosition } from "./types";

/** Marks nearer to each other than this become one; in pixels, where a mark of a device is 30 wide. */
export const DEVICE_REACH = 36;
export const ALARM_REACH = 54;

export interface PlacedDevice extends DevicePosition {
  known: Device | null;
  name: string;
}

export interface MarkContext {
  t: Messages;
  scale: number;
  editing: boolean;
  selected: string | null;
  /** the device that Tab reaches */
  roving: string | null;
  reasonOf: (alert: Alert) => string;
}

/** In rem, as in plan.css. */
const SIZES: Record<Severity, number> = { critical: 3.1, high: 2.7, medium: 2.4, low: 2.1 };
const LIFT = 1.3;

const WORST: readonly Health[] = ["offline", "silent", "refused", "unknown", "online"];

export function deviceMarks(devices: readonly PlacedDevice[], context: MarkContext): Mark[] {
  // While devices are placed each one can be taken.
  const groups = clusters(devices, context.scale, context.editing ? 0.001 : DEVICE_REACH);
  const named = namesWithRoom(
    groups.map((group) => ({ ...group, name: group.items.length === 1 ? (group.items[0]?.name ?? "") : "" })),
    context.scale,
  );
  return groups.map((group, index) =>
    group.items.length === 1 ? oneDevice(group.items[0] as PlacedDevice, named.has(index), context) : manyDevices(group, context),
  );
}

function oneDevice(device: PlacedDevice, named: boolean, { t, editing, selected, roving }: MarkContext): Mark {
  const health = device.known?.health ?? "unknown";
  const type = device.known?.type ?? "sensor";
  const chosen = selected === device.device;
  return {
    key: `device ${device.device}`,
    x: device.x,
    y: device.y,
    pane: "devices",
    look: ["device", `is-${health}`, chosen && "chosen", editing && "movable", !device.listed && editing && "unlisted"].filter(Boolean).join(" "),
    icon: deviceIcon(type, health),
    name: named || chosen ? device.name : "",
    label: t.plan.device(device.name, t.deviceTypes[type] ?? type, t.health[health]),
    tab: roving === device.device,
    draggable: editing,
  };
}

function manyDevices(group: Cluster<PlacedDevice>, { t, roving }: MarkContext): Mark {
  const known = group.items.flatMap((device) => (device.known ? [device.known] : []));
  const health = WORST.find((one) => known.some((device) => device.health === one)) ?? "unknown";
  const bad = known.filter(hasFault).length;
  const count = group.items.length;
  return {
    key: `cluster ${(group.items[0] as PlacedDevice).device}`,
    x: group.x,
    y: group.y,
    pane: "devices",
    look: `cluster is-${health}`,
    icon: bad > 0 ? `<b>${count}</b><i>${bad}</i>` : `<b>${count}</b>`,
    name: "",
    label: t.plan.cluster(count, bad),
    tab: group.items.some((device) => device.device === roving),
    draggable: false,
  };
}

/** A drawing below the shown one, where it is on it, with the alarms on it and below it. */
export interface Entry {
  id: string;
  name: string;
  place: PlacePosition;
  alerts: readonly Alert[];
}

interface Alarmed {
  x: number;
  y: number;
  alerts: readonly Alert[];
  entry: Entry | null;
}

/** The alarms and the entries to other drawings. While devices are placed, alarms would be in the way: the bar above
 * the plan shows them. */
export function alarmMarks(marks: readonly AlarmMark[], entries: readonly Entry[], context: MarkContext): Mark[] {
  const calm = entries.filter((entry) => context.editing || entry.alerts.length === 0);
  if (context.editing) return calm.map((entry) => calmEntry(entry, context));
  const here: Alarmed[] = marks.map((mark) => ({ ...mark, entry: null }));
  const below: Alarmed[] = entries
    .filter((entry) => entry.alerts.length > 0)
    .map((entry) => ({ x: entry.place.x, y: entry.place.y, alerts: entry.alerts, entry }));
  // Each kind by itself: the number of a building's alarms must stand on the building.
  const groups = [here, below].flatMap((items) => clusters(items, context.scale, ALARM_REACH));
  return [...calm.map((entry) => calmEntry(entry, context)), ...groups.map((group) => groupMark(group, context))];
}

function groupMark(group: Cluster<Alarmed>, context: MarkContext): Mark {
  const alerts = group.items.flatMap((item) => item.alerts);
  const entry = group.items.length === 1 ? (group.items[0]?.entry ?? null) : null;
  if (entry) return alarmedEntry(entry, context);
  // Alarms of one drawing open together; with those of another drawing among them they must first be told apart.
  const kind = group.items.some((item) => item.entry) ? "group" : "alarm";
  return alarmMark(`${kind} ${alerts[0]?.id ?? ""}`, "alarms", group, alerts, context);
}

function alarmedEntry({ id, name, place, alerts }: Entry, context: MarkContext): Mark {
  const mark = alarmMark(`below ${id}`, "alarms", place, alerts, context, floorsIcon);
  const pulse = mark.pulse && { ...mark.pulse, lift: null };
  const label = `${context.t.plan.open(name)}: ${context.t.plan.onDrawing(name, alerts.length)}`;
  return { ...mark, ...(pulse ? { pulse } : {}), look: `${mark.look} entry`, label };
}

function calmEntry({ id, name, place }: Entry, { t }: MarkContext): Mark {
  return {
    key: `below ${id}`,
    ...corner(place),
    pane: "below",
    look: "entry",
    icon: floorsIcon,
    name: "",
    label: t.plan.open(name),
    tab: true,
    draggable: false,
  };
}

/** The lower right corner of a place's outline; a place without one is a point. */
function corner({ x, y, outline }: PlacePosition): { x: number; y: number } {
  if (outline.length === 0) return { x, y };
  return { x: Math.max(...outline.map((point) => point[0])), y: Math.max(...outline.map((point) => point[1])) };
}

function alarmMark(
  key: string,
  pane: Mark["pane"],
  at: { x: number; y: number },
  alerts: readonly Alert[],
  { t, reasonOf }: MarkContext,
  more = "",
): Mark {
  const severity = worst(alerts);
  const pulses = anyUntouched(alerts);
  const first = alerts.find((alert) => alert.severity === severity) ?? alerts[0];
  const count = alerts.length > 1 ? `<b>${alerts.length}</b>` : "";
  return {
    key,
    x: at.x,
    y: at.y,
    pane,
    look: `alarm severity-${severity} ${pulses ? "pulses" : "in-hand"}`,
    icon: `${severityIcon(severity)}${more}${count}`,
    name: "",
    label: t.plan.alarmAt(alerts.length, t.severity[severity], first ? reasonOf(first) : ""),
    ...(pulses ? { pulse: { size: SIZES[severity], lift: LIFT, colour: `--${severity}-fill` } } : {}),
    tab: true,
    draggable: false,
  };
}
