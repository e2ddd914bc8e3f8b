import type { Figures, Group } from "../api/figures";
import { useApp } from "../shell/app";
import { type Row, groupRows } from "./options";

const REST = "…";

export interface Names {
  place: (key: string) => string;
  device: (key: string) => string;
  kind: (key: string) => string;
  rows: (groups: readonly Group[], name: (key: string) => string) => Row[];
}

/** What things are called on the screen. */
export function useNames(figures: () => Figures): Names {
  const { t, pick, live } = useApp();
  const named = (name: (key: string) => string) => (key: string) => (key === REST ? t.value.figures.rest : name(key));
  return {
    place: named((key) => {
      const words = figures().place_names[key];
      return words ? pick(words) : key || t.value.figures.compound;
    }),
    device: named((key) => {
      const name = figures().device_names[key];
      if (name === undefined) return key || t.value.figures.noDevice;
      const alike = Object.values(figures().device_names).filter((other) => other === name).length > 1;
      const place = live.state.value.devices.get(key)?.place_name;
      return alike && place ? `${name} · ${pick(place)}` : name;
    }),
    kind: named((key) => (key === "" ? t.value.figures.unknownKind : (t.value.kinds[key] ?? key))),
    rows: groupRows,
  };
}
