import { describe, expect, it } from "vitest";

import { percent, rounded, share } from "./numbers";
import { areDates, datesOf, dayBefore, dayIn } from "./period";
import { barOption, groupRows } from "./options";
import { LIGHT } from "./palette";

const own = { from: "", to: "" };

describe("a period", () => {
  it("is of the compound's calendar, not of the browser's", () => {
    const evening = Date.parse("2026-11-30T17:00:00Z"); // already the first of December in Shanghai
    expect(dayIn(evening, "Asia/Shanghai")).toBe("2026-12-01");
    expect(datesOf("week", evening, "Asia/Shanghai", own)).toEqual({ from: "2026-11-25", to: "2026-12-01" });
    expect(datesOf("today", evening, "Europe/Berlin", own)).toEqual({ from: "2026-11-30", to: "2026-11-30" });
  });

  it("goes over the end of a month and of a leap year's February", () => {
    expect(dayBefore("2028-03-01", 1)).toBe("2028-02-29");
  });

  it("of one's own needs both ends in order", () => {
    expect(areDates({ from: "2026-11-01", to: "2026-11-01" })).toBe(true);
    expect(areDates({ from: "2026-11-02", to: "2026-11-01" })).toBe(false);
    expect(areDates({ from: "", to: "2026-11-01" })).toBe(false);
  });
});

describe("numbers", () => {
  it("of nothing are none", () => {
    expect(percent(share(0, 0))).toBe("–");
    expect(percent(share(2, 3))).toBe("67 %");
  });

  it("are as exact as they are small", () => {
    expect([rounded(0.24), rounded(3), rounded(143.6)]).toEqual(["0.2", "3", "144"]);
  });
});

describe("a chart", () => {
  const groups = [
    { key: "a", count: 5, judged: 4, worthless: 3 },
    { key: "b", count: 1, judged: 0, worthless: 0 },
  ];

  it("has the same numbers as its table", () => {
    const rows = groupRows(groups, (key) => key.toUpperCase());
    expect(rows).toEqual([
      { name: "A", count: 5, worthless: 3, share: 0.75 },
      { name: "B", count: 1, worthless: 0, share: null },
    ]);
    const option = barOption(rows, { worth: "w", worthless: "x" }, LIGHT, true, { size: 14, family: "sans-serif" });
    const series = option.series as { name: string; data: number[] }[];
    expect(series.map((one) => one.data)).toEqual([
      [2, 1],
      [3, 0],
    ]);
  });
});
