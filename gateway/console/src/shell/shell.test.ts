import { describe, expect, it } from "vitest";

import { zh } from "../i18n/zh";
import { parseHash, formatHash } from "./route";
import { favicon, pageTitle } from "./title";

const calm = { name: "西子御园", untouched: 0, urgent: "", stale: false, flash: false };

describe("the tab", () => {
  it("is quiet when nothing waits", () => {
    expect(pageTitle(calm, zh.title)).toBe("西子御园");
    expect(favicon(calm)).toBe("/calm.svg");
  });

  it("counts, and flashes the most urgent", () => {
    const waiting = { ...calm, untouched: 3, urgent: "1502室 燃气报警" };
    expect(pageTitle(waiting, zh.title)).toBe("(3) 警情未处理 · 西子御园");
    expect(pageTitle({ ...waiting, flash: true }, zh.title)).toBe("(3) 警情未处理 · 1502室 燃气报警");
    expect(favicon(waiting)).toBe("/alarm.svg");
  });

  it("says before all that it is out of date", () => {
    const stale = { ...calm, untouched: 3, stale: true };
    expect(pageTitle(stale, zh.title)).toContain("已断开");
    expect(favicon(stale)).toBe("/lost.svg");
  });
});

describe("the address", () => {
  it("leads back to where the guard was", () => {
    for (const spot of [
      { view: "alerts", id: "a-01/x y" },
      { view: "devices", id: null },
    ] as const) {
      expect(parseHash(formatHash(spot))).toEqual(spot);
    }
  });

  it("that means nothing leads to the alerts", () => {
    expect(parseHash("")).toEqual({ view: "alerts", id: null });
    expect(parseHash("#/nowhere/1")).toEqual({ view: "alerts", id: "1" });
    expect(parseHash("#/alerts/%E0%A4%A")).toEqual({ view: "alerts", id: null });
  });
});
