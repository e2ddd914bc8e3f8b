import type { Alert, Device, Health } from "../api/types";
import { hasFault } from "../devices/health";
import type { Messages } from "../i18n/zh";
import { type AlarmMark, anyUntouched, worst } from "./alarms";
import { type Cluster, clusters } from "./clusters";
import { deviceIcon, floorsIcon, severityIcon } from "./icons";
import type { Mark } from "./planMap";
import type { DevicePosition, PlacePosition } from "./types";

/** Marks nearer to each other than this (pixels) become one. */
export const DEVICE_REACH = 34;
export const ALARM_REACH = 38;
/** With more devices than this on the screen their names would cover each other. */
const MAX_NAMES = 45;

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

const WORST: readonly Health[] = ["offline", "silent", "refused", "unknown", "online"];

export function deviceMarks(devices: readonly PlacedDevice[], context: MarkContext): Mark[] {
  // While devices are placed each one can be taken.
  const groups = clusters(devices, context.scale, context.editing ? 0.001 : DEVICE_REACH);
  const named = groups.length <= MAX_NAMES;
  return groups.map((group) => (group.items.length === 1 ? oneDevice(group.items[0] as PlacedDevice, named, context) : manyDevices(group, context)));
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

export function alarmMarks(marks: readonly AlarmMark[], context: MarkContext): Mark[] {
  return clusters(marks, context.scale, ALARM_REACH).map((group) => {
    const alerts = group.items.flatMap((mark) => mark.alerts);
    return alarmMark(`alarm ${alerts[0]?.id ?? ""}`, "alarms", group, alerts, context);
  });
}

/** A drawing below the shown one, where it is on it, with the number of its alarms. */
export function entryMark(drawing: string, name: string, place: PlacePosition, alerts: readonly Alert[], context: MarkContext): Mark {
  const { t } = context;
  if (alerts.length > 0) {
    const mark = alarmMark(`below ${drawing}`, "alarms", place, alerts, context, floorsIcon);
    return { ...mark, look: `${mark.look} entry`, label: `${t.plan.open(name)}: ${t.plan.onDrawing(name, alerts.length)}` };
  }
  return {
    key: `below ${drawing}`,
    x: place.x,
    y: place.y,
    pane: "below",
    look: "entry",
    icon: floorsIcon,
    name: "",
    label: t.plan.open(name),
    tab: true,
    draggable: false,
  };
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
    icon: `${pulses ? '<span class="ring"></span>' : ""}${severityIcon(severity)}${more}${count}`,
    name: "",
    label: t.plan.alarmAt(alerts.length, t.severity[severity], first ? reasonOf(first) : ""),
    tab: true,
    draggable: false,
  };
}
