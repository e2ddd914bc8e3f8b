import { describe, expect, it } from "vitest";

import { aDevice } from "../api/samples";
import type { Arming, DeskFacts } from "../api/types";
import { byDevice, needsConfirmation, needsReason } from "./facts";
import { buttonsOf } from "./health";

const desk: DeskFacts = { tours: [], announcements: [], confirm: ["unlock"], reason: ["disarm"], may_export: false };

describe("commands", () => {
  it("need a second press where desk.yaml says so, and always until it is known", () => {
    expect(needsConfirmation(desk, "unlock")).toBe(true);
    expect(needsConfirmation(desk, "lock")).toBe(false);
    expect(needsConfirmation(null, "lock")).toBe(true);
  });

  it("need a reason only where desk.yaml says so", () => {
    expect(needsReason(desk, "disarm")).toBe(true);
    expect(needsReason(desk, "unlock")).toBe(false);
    expect(needsReason(null, "disarm")).toBe(false);
  });

  it("of calls and announcements have no buttons of their own", () => {
    expect(buttonsOf(aDevice({ actions: { answer: [], hang_up: [], call: [], announce: [], unlock: [] } }))).toEqual(["call", "unlock"]);
  });
});

it("areas and zones are found by their device", () => {
  const area = (device: string, number: number): Arming => ({ device, what: "area", area: number, zone: null, state: null, at: null, by: "" });
  const found = byDevice([area("a", 1), area("b", 1), area("a", 2)]);
  expect(found.get("a")?.map((one) => one.area)).toEqual([1, 2]);
  expect(found.get("c")).toBeUndefined();
});
