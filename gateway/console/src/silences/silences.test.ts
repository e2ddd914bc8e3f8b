import { describe, expect, it } from "vitest";

import { aSilence, anAlert, at } from "../api/samples";
import type { Silence } from "../api/types";
import { zh } from "./words";
import { type Known, newsBetween } from "./news";
import { sourcesOfAlert, sourcesOfDevice } from "./sources";
import { endOf } from "./until";

const known = (inForce: Silence[], ended: Silence[] = []): Known => ({ silences: new Map(inForce.map((one) => [one.id, one])), endedSilences: ended });
const whats = (before: Known, now: Known): string[] => newsBetween(before, now).map((one) => one.what);

describe("what a guard is told of silences", () => {
  it("is that a silenced alarm has restored, each time once", () => {
    const restored = aSilence({ count: 1, restored_at: at(60) });
    expect(whats(known([aSilence({ count: 1 })]), known([restored]))).toEqual(["restored"]);
    expect(whats(known([restored]), known([{ ...restored, count: 2 }]))).toEqual([]);
    expect(whats(known([restored]), known([{ ...restored, restored_at: at(90) }]))).toEqual(["restored"]);
  });

  it("is that an alarm of another kind ended one, and not that its time was over or a person lifted it", () => {
    const ended = (because: string): Silence => aSilence({ ended_at: at(90), ended_because: because });
    expect(whats(known([aSilence()]), known([], [ended("zone.tampered")]))).toEqual(["ended"]);
    expect(whats(known([aSilence()]), known([], [ended("until")]))).toEqual([]);
    expect(whats(known([aSilence()]), known([], [ended("lifted")]))).toEqual([]);
    expect(whats(known([], [ended("zone.tampered")]), known([], [ended("zone.tampered")]))).toEqual([]);
  });

  it("is that the gateway throttled a source, and nothing of one that a person silenced", () => {
    expect(whats(known([]), known([aSilence({ automatic: true })]))).toEqual(["throttled"]);
    expect(whats(known([]), known([aSilence()]))).toEqual([]);
    expect(whats(known([aSilence({ automatic: true })]), known([aSilence({ automatic: true, count: 9 })]))).toEqual([]);
  });
});

describe("what can be silenced", () => {
  it("of an alert is the narrowest first", () => {
    const found = sourcesOfAlert(anAlert(), "北围墙 4段", zh).map((one) => one.source);
    expect(found).toEqual(["perimeter@zone-n4", "zone-n4", "place:wall/n4", "rule:perimeter"]);
    expect(sourcesOfAlert(anAlert({ device: null, place: "" }), "", zh).map((one) => one.source)).toEqual(["rule:perimeter"]);
  });

  it("of a device is it and its place", () => {
    expect(sourcesOfDevice({ id: "cam-1", name: "摄像机", place: "gate" }, "大门", zh).map((one) => one.source)).toEqual(["cam-1", "place:gate"]);
  });
});

describe("the end of a silence", () => {
  const times = (own: string) => ({ own, shift: Date.UTC(2026, 0, 2), zone: "Asia/Shanghai" });
  const now = Date.UTC(2026, 0, 1, 12, 0, 30); // 20:00:30 there

  it("is so many minutes from now, or the next time the clock shows the own time", () => {
    expect(endOf(30, times(""), now)).toBe(now + 1_800_000);
    expect(endOf("own", times("21:15"), now)).toBe(Date.UTC(2026, 0, 1, 13, 15));
    expect(endOf("own", times("06:00"), now)).toBe(Date.UTC(2026, 0, 1, 22, 0));
    expect(endOf("own", times("20:00"), now)).toBe(Date.UTC(2026, 0, 2, 12, 0));
  });

  it("is the end of the shift", () => {
    expect(endOf("shift", times(""), now)).toBe(Date.UTC(2026, 0, 2));
    expect(endOf("shift", { ...times(""), shift: null }, now)).toBeNull();
  });

  it("is unknown while the time is not written", () => {
    expect(endOf("own", times(""), now)).toBeNull();
    expect(endOf("own", times("25:00"), now)).toBeNull();
  });
});
