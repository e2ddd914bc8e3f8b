import type { Group } from "../api/figures";
import { share } from "./numbers";
import type { Palette } from "./palette";

export interface Row {
  name: string;
  count: number;
  worthless: number;
  share: number | null;
}

export interface SeriesNames {
  worth: string;
  worthless: string;
}

export const groupRows = (groups: readonly Group[], name: (key: string) => string): Row[] =>
  groups.map((group) => ({ name: name(group.key), count: group.count, worthless: group.worthless, share: share(group.worthless, group.judged) }));

/** Of a chart: canvases inherit no font. */
export interface Text {
  size: number;
  family: string;
}

/** Bars of alerts, those that were worth nothing in their own colour on top. `lying`: long names stand at the left. */
export function barOption(rows: readonly Row[], names: SeriesNames, palette: Palette, lying: boolean, text: Text, limit?: { value: number; name: string }): Record<string, unknown> {
  const { size } = text;
  const categories = {
    type: "category",
    data: rows.map((row) => row.name),
    inverse: lying,
    axisLabel: { color: palette.soft, fontSize: size, ...(lying ? { width: size * 11, overflow: "truncate" } : {}) },
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
  };
  const values = {
    type: "value",
    minInterval: 1,
    axisLabel: { color: palette.soft, fontSize: size, hideOverlap: true },
    splitLine: { lineStyle: { color: palette.line } },
    ...(limit ? { max: (range: { max: number }) => Math.max(range.max, limit.value) } : {}),
  };
  const bar = (name: string, color: string, data: number[], more: Record<string, unknown> = {}): Record<string, unknown> => ({
    name,
    type: "bar",
    stack: "alerts",
    barMaxWidth: size * 2.2,
    itemStyle: { color },
    data,
    ...more,
  });
  const line = limit && {
    markLine: {
      silent: true,
      symbol: "none",
      lineStyle: { color: palette.limit, width: 2, type: "dashed" },
      label: { formatter: limit.name, color: palette.limit, fontSize: size, position: "insideEndTop" },
      data: [{ yAxis: limit.value }],
    },
  };
  return {
    animation: false,
    textStyle: { fontFamily: text.family },
    grid: { left: 8, right: 20, top: size * 2.4, bottom: 8, containLabel: true },
    legend: { top: 0, right: 0, textStyle: { color: palette.ink, fontSize: size }, selectedMode: false },
    // Drawn on the canvas: HTML with styles of its own would break the page's security policy.
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" } },
    xAxis: lying ? values : categories,
    yAxis: lying ? categories : values,
    aria: { enabled: true, decal: { show: true, decals: [{ symbol: "none" }, { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -0.8, color: "rgba(0,0,0,0.35)" }] } },
    series: [bar(names.worth, palette.worth, rows.map((row) => row.count - row.worthless), line || {}), bar(names.worthless, palette.worthless, rows.map((row) => row.worthless))],
  };
}
