/** Texts of alarms at home that the gateway arms itself. */
export const zh = {
  label: "户内",
  modes: { away: "外出布防", home: "在家布防", night: "夜间布防" },
  open: (names: readonly string[]) => `未关：${names.join("、")}`,
  bypassed: (names: readonly string[]) => `旁路：${names.join("、")}`,
};

export const en: typeof zh = {
  label: "Home",
  modes: { away: "Armed, away", home: "Armed, at home", night: "Armed, night" },
  open: (names: readonly string[]) => `open: ${names.join(", ")}`,
  bypassed: (names: readonly string[]) => `bypassed: ${names.join(", ")}`,
};
