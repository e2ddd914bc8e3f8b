import { describe, expect, it } from "vitest";

import { anAlert, at } from "../api/samples";
import { NEXT, allows, timelineOf } from "./steps";

describe("what a state allows", () => {
  it("has a new alert acknowledged before anything else", () => {
    expect(allows("new", "acknowledge")).toBe(true);
    expect(allows("new", "close")).toBe(false);
    expect(allows("new", "on-scene")).toBe(false);
    expect(NEXT.new).toBe("acknowledge");
  });

  it.each(["acknowledged", "on_scene", "on_hold"] as const)("may close from %s", (state) => {
    expect(allows(state, "close")).toBe(true);
  });

  it("does nothing to a closed one", () => {
    expect(["acknowledge", "on-scene", "hold", "close", "assign", "note"].some((action) => allows("closed", action as "note"))).toBe(false);
  });
});

it("lists an alert's history in order", () => {
  const alert = anAlert({
    count: 3,
    last_at: at(20),
    restored_at: at(40),
    steps: [
      { action: "acknowledge", user: "guard", at: at(10), note: "", to: null, incident: null },
      { action: "on-scene", user: "guard", at: at(30), note: "到了", to: null, incident: null },
    ],
  });
  expect(timelineOf(alert).map((moment) => (moment.what === "step" ? moment.action : moment.what))).toEqual([
    "raised",
    "acknowledge",
    "repeated",
    "on-scene",
    "restored",
  ]);
});
