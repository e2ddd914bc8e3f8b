import type { Device, Health } from "../api/types";

/** Faults first: a device that does not report protects nobody. */
export const HEALTHS: readonly Health[] = ["offline", "silent", "refused", "unknown", "online"];

export interface HealthCounts extends Record<Health, number> {
  all: number;
  trouble: number;
}

export const hasFault = (device: Device): boolean =>
  ["offline", "silent", "refused"].includes(device.health) || device.fault !== null;

export function counts(devices: Iterable<Device>): HealthCounts {
  const result: HealthCounts = { online: 0, offline: 0, silent: 0, refused: 0, unknown: 0, all: 0, trouble: 0 };
  for (const device of devices) {
    result[device.health] += 1;
    result.all += 1;
    if (hasFault(device)) result.trouble += 1;
  }
  return result;
}

export interface DeviceFilter {
  health: Health | null;
  type: string | null;
  text: string;
}

const matches = (device: Device, filter: DeviceFilter): boolean =>
  (filter.health === null || device.health === filter.health) &&
  (filter.type === null || device.type === filter.type) &&
  [device.name, device.id, device.place, device.place_name.zh, device.place_name.en].some((text) =>
    text.toLowerCase().includes(filter.text.trim().toLowerCase()),
  );

export function filteredDevices(devices: Iterable<Device>, filter: DeviceFilter): Device[] {
  return [...devices]
    .filter((device) => matches(device, filter))
    .sort(
      (a, b) =>
        Number(hasFault(b)) - Number(hasFault(a)) ||
        HEALTHS.indexOf(a.health) - HEALTHS.indexOf(b.health) ||
        a.place.localeCompare(b.place, "en", { numeric: true }) ||
        a.id.localeCompare(b.id, "en", { numeric: true }),
    );
}

/** These commands belong to a call or to a fixed text, and are shown with it. */
const SHOWN_ELSEWHERE: ReadonlySet<string> = new Set(["answer", "hang_up", "announce"]);

/** The commands that a device has buttons for. */
export const buttonsOf = (device: Device): string[] => Object.keys(device.actions).filter((action) => !SHOWN_ELSEWHERE.has(action));

/** Devices that a guard may want to control for an alert: at its place, or on the way to it. The nearest first. */
export function controllable(devices: Iterable<Device>, place: string, device: string | null): Device[] {
  const nearness = (other: Device): number => {
    if (other.id === device || other.place === place) return 0;
    if (place.startsWith(`${other.place}/`)) return place.length - other.place.length;
    return other.place.startsWith(`${place}/`) ? other.place.length - place.length : Infinity;
  };
  return [...devices]
    .filter((other) => buttonsOf(other).length > 0 && nearness(other) < Infinity)
    .sort((a, b) => nearness(a) - nearness(b) || a.id.localeCompare(b.id));
}
