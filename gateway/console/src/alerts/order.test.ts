import { describe, expect, it } from "vitest";

import { anAlert, at } from "../api/samples";
import { afterClosing, countBySeverity, mostUrgent, neighbour, queue, sum, unlisted } from "./order";

const ids = (alerts: { id: string }[]): string[] => alerts.map((alert) => alert.id);

describe("the queue", () => {
  it("puts the most severe first, then who waited longest", () => {
    const late = anAlert({ id: "late", raised_at: at(60) });
    const early = anAlert({ id: "early", raised_at: at(0) });
    const critical = anAlert({ id: "critical", severity: "critical", raised_at: at(90) });
    const low = anAlert({ id: "low", severity: "low", raised_at: at(-900) });
    expect(ids(queue([late, low, critical, early]))).toEqual(["critical", "early", "late", "low"]);
  });

  it("puts the untouched before those in hand, within one severity only", () => {
    const inHand = anAlert({ id: "in hand", severity: "critical", state: "on_scene", raised_at: at(0) });
    const fresh = anAlert({ id: "fresh", severity: "critical", raised_at: at(500) });
    const high = anAlert({ id: "high", raised_at: at(0) });
    expect(ids(queue([high, inHand, fresh]))).toEqual(["fresh", "in hand", "high"]);
  });

  it("names the most severe untouched alert", () => {
    const inHand = anAlert({ id: "in hand", severity: "critical", state: "acknowledged" });
    expect(mostUrgent(queue([anAlert({ id: "low", severity: "low" }), inHand]))?.id).toBe("low");
    expect(mostUrgent([inHand])).toBeNull();
  });
});

describe("moving about", () => {
  const ordered = [anAlert({ id: "a" }), anAlert({ id: "b" }), anAlert({ id: "c" })];

  it("stops at both ends, and begins at the top", () => {
    expect(neighbour(ordered, "a", -1)).toBe("a");
    expect(neighbour(ordered, "c", 1)).toBe("c");
    expect(neighbour(ordered, "b", 1)).toBe("c");
    expect(neighbour(ordered, "gone", 1)).toBe("a");
    expect(neighbour([], null, 1)).toBeNull();
  });

  it("goes to the next untouched after closing, else to whoever took the place", () => {
    expect(afterClosing(ordered, "a")).toBe("b");
    const inHand = ordered.map((alert) => ({ ...alert, state: "on_hold" as const }));
    expect(afterClosing(inHand, "b")).toBe("c");
    expect(afterClosing(inHand, "c")).toBe("b");
    expect(afterClosing(inHand, "elsewhere")).toBe("a");
    expect(afterClosing([anAlert({ id: "a" })], "a")).toBeNull();
  });
});

it("counts by severity", () => {
  const alerts = [anAlert(), anAlert(), anAlert({ severity: "low" })];
  expect(countBySeverity(alerts)).toEqual({ critical: 0, high: 2, medium: 0, low: 1 });
});

describe("more than the page has", () => {
  const shown = [anAlert({ id: "a", severity: "critical" }), anAlert({ id: "b", state: "acknowledged" })];

  it("is counted by severity, as grave as it is", () => {
    expect(unlisted({ critical: 501, high: 1, medium: 0, low: 7 }, shown)).toEqual({ critical: 500, high: 0, medium: 0, low: 7 });
  });

  it("is never less than nothing", () => {
    expect(sum(unlisted({ critical: 0, high: 0, medium: 0, low: 0 }, shown))).toBe(0);
  });
});
