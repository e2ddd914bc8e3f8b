import { describe, expect, it } from "vitest";

import type { Notifier } from "../api/types";
import { failingFirst, stateOf } from "./state";

const notifier = (id: string, more: Partial<Notifier> = {}): Notifier => ({
  id,
  kind: "wecom",
  healthy: false,
  since: "2026-11-30T04:00:00.000Z",
  proved_at: null,
  fault: null,
  waiting: 0,
  failed: 0,
  ...more,
});
const fault = { zh: "连不上", en: "can't be reached" };

describe("a notifier's state", () => {
  it("is healthy only when the gateway says so", () => {
    expect(stateOf(notifier("a", { healthy: true, proved_at: "2026-11-30T04:00:00.000Z" }))).toBe("healthy");
    expect(stateOf(notifier("a", { proved_at: "2026-11-30T01:00:00.000Z" }))).toBe("failing");
    expect(stateOf(notifier("a", { fault }))).toBe("failing");
    expect(stateOf(notifier("a"))).toBe("unproved");
  });

  it("puts those that fail first and keeps the order otherwise", () => {
    const listed = [notifier("a", { healthy: true }), notifier("b"), notifier("c", { fault }), notifier("d", { healthy: true })];
    expect(failingFirst(listed).map(({ id }) => id)).toEqual(["c", "b", "a", "d"]);
  });
});
