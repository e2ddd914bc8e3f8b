import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { createPresence, type PresenceReport } from "./presence";

let now = 0;
let said: PresenceReport[] = [];

beforeEach(() => {
  now = 0;
  said = [];
  vi.stubGlobal("document", { visibilityState: "hidden" });
});

afterEach(() => vi.unstubAllGlobals());

const made = (onDuty: () => boolean, sounds = true) =>
  createPresence({
    report: (report) => {
      said.push(report);
      return Promise.reject(new Error("the gateway restarts"));
    },
    onDuty,
    sounds: () => sounds,
    stale: () => false,
    now: () => now,
  });

it("reports every ten seconds, however often it is asked to", () => {
  const presence = made(() => true, false);
  for (; now <= 30_000; now += 500) presence.tick();
  expect(said.length).toBe(4);
  expect(said[3]).toMatchObject({ visible: false, sound: "blocked", stale: false, idle_s: 30 });
  expect(new Set(said.map((report) => report.page)).size).toBe(1);
});

it("says nothing while nobody on duty is signed in, and begins at once then", () => {
  let onDuty = false;
  const presence = made(() => onDuty);
  presence.tick();
  expect(said).toEqual([]);
  onDuty = true;
  now = 1;
  presence.tick();
  expect(said.length).toBe(1);
});
