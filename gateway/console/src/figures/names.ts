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
  const { t, pick } = useApp();
  const named = (name: (key: string) => string) => (key: string) => (key === REST ? t.value.figures.rest : name(key));
  return {
    place: named((key) => {
      const words = figures().place_names[key];
      return words ? pick(words) : key || t.value.figures.compound;
    }),
    device: named((key) => figures().device_names[key] ?? (key || t.value.figures.noDevice)),
    kind: named((key) => (key === "" ? t.value.figures.unknownKind : (t.value.kinds[key] ?? key))),
    rows: groupRows,
  };
}
