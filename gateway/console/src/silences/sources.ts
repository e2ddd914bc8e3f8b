import type { Alert, Device } from "../api/types";
import type { Messages } from "../i18n/zh";

/** A source that can be silenced, as the API writes it, and as people call it. */
export interface Source {
  source: string;
  label: string;
}

type Words = Messages["silences"];

/** What an alert may be silenced by, the narrowest first. */
export function sourcesOfAlert(alert: Pick<Alert, "rule" | "device" | "device_name" | "place">, place: string, words: Words): Source[] {
  const { rule, device } = alert;
  const name = alert.device_name ?? device ?? "";
  const found = device === null ? [] : [
    { source: `${rule}@${device}`, label: words.ruleAtDevice(name, rule) },
    { source: device, label: words.wholeDevice(name) },
  ];
  if (alert.place) found.push({ source: `place:${alert.place}`, label: words.place(place) });
  return [...found, { source: `rule:${rule}`, label: words.rule(rule) }];
}

export function sourcesOfDevice(device: Pick<Device, "id" | "name" | "place">, place: string, words: Words): Source[] {
  const found = [{ source: device.id, label: words.wholeDevice(device.name) }];
  return device.place ? [...found, { source: `place:${device.place}`, label: words.place(place) }] : found;
}
