import type { Signal } from "../api/types";
import type { Messages } from "../i18n/zh";
import { describe, kindWord } from "./describe";

export const FAMILIES = ["alarm", "door", "sighting", "device", "other"] as const;
export type Family = (typeof FAMILIES)[number];

const FAMILY_OF: Record<string, Family> = {
  zone: "alarm",
  area: "alarm",
  panic: "alarm",
  duress: "alarm",
  fire: "alarm",
  gas: "alarm",
  water: "alarm",
  medical: "alarm",
  door: "door",
  access: "door",
  exit: "door",
  credential: "door",
  pin: "door",
  barrier: "door",
  call: "door",
  motion: "sighting",
  face: "sighting",
  plate: "sighting",
  object: "sighting",
  camera: "device",
  panel: "device",
  reader: "device",
  device: "device",
  storage: "device",
  configuration: "device",
  notifier: "device",
};

export const familyOf = (kind: string): Family => FAMILY_OF[kind.split(".")[0] ?? ""] ?? "other";

export interface EventFilter {
  family: Family | null;
  text: string;
}

export function matching(signals: readonly Signal[], filter: EventFilter, t: Messages): Signal[] {
  const query = filter.text.trim().toLowerCase();
  return signals.filter((signal) => {
    if (filter.family !== null && familyOf(signal.kind) !== filter.family) return false;
    if (!query) return true;
    const { kind, device, device_name, place_name, data } = signal;
    const texts = [kindWord(kind, t), device, device_name, place_name.zh, place_name.en, describe(data, t)];
    return texts.some((text) => text.toLowerCase().includes(query));
  });
}
