import { expect, it } from "vitest";

import { anIncident, at } from "../api/samples";
import { isLate, timingOf } from "./timing";

const time = (seconds: number): number => Date.parse(at(seconds));

it("counts down to the limit, then up from it", () => {
  const incident = anIncident({ limit_at: at(90) });
  expect(timingOf(incident, time(30))).toEqual({ kind: "due", milliseconds: 60_000 });
  expect(timingOf(incident, time(100))).toEqual({ kind: "overdue", milliseconds: 10_000 });
});

it("on hold counts down to its end, whatever the limit", () => {
  const incident = anIncident({ state: "on_hold", limit_at: at(5), held_until: at(600) });
  expect(timingOf(incident, time(60)).kind).toBe("held");
  expect(isLate(timingOf(incident, time(601)))).toBe(true);
});

it("without a limit tells its age", () => {
  expect(timingOf(anIncident(), time(12))).toEqual({ kind: "open", milliseconds: 12_000 });
});
