import { describe, expect, it } from "vitest";

import { aDevice, aSignal } from "../api/samples";
import { answerTo } from "./answers";
import { lastFailed } from "./failedCommand";
import { counts, filteredDevices, controllable } from "./health";

const ids = (devices: { id: string }[]): string[] => devices.map((device) => device.id);

it("counts, and calls a fault trouble even while the device is heard", () => {
  const devices = [
    aDevice(),
    aDevice({ fault: "线路开路" }),
    aDevice({ health: "silent" }),
    aDevice({ health: "refused" }),
    aDevice({ health: "unknown" }),
  ];
  expect(counts(devices)).toEqual({ online: 2, offline: 0, silent: 1, refused: 1, unknown: 1, all: 5, trouble: 3 });
});

describe("the list", () => {
  const devices = [
    aDevice({ id: "door-10", place: "b10/u1" }),
    aDevice({ id: "door-2", place: "b2/u1", name: "东门" }),
    aDevice({ id: "cam", type: "camera", health: "offline" }),
  ];
  const all = { health: null, type: null, text: "" };

  it("puts trouble first, and counts buildings as people do", () => {
    expect(ids(filteredDevices(devices, all))).toEqual(["cam", "door-2", "door-10"]);
  });

  it("filters by health, type and text together", () => {
    expect(ids(filteredDevices(devices, { ...all, type: "door", text: " 东门 " }))).toEqual(["door-2"]);
    expect(ids(filteredDevices(devices, { ...all, health: "offline", type: "door" }))).toEqual([]);
  });
});

it("offers what may be worked at a place and on the way to it, nearest first", () => {
  const actions = { unlock: ["seconds"] };
  const devices = [
    aDevice({ id: "building", place: "b3", actions }),
    aDevice({ id: "unit", place: "b3/u1", actions }),
    aDevice({ id: "home", place: "b3/u1/1502" }),
    aDevice({ id: "other unit", place: "b3/u2", actions }),
    aDevice({ id: "lookalike", place: "b3/u", actions }),
    aDevice({ id: "own", place: "elsewhere", actions }),
  ];
  expect(ids(controllable(devices, "b3/u1/1502", "own"))).toEqual(["own", "unit", "building"]);
});

it("knows the answer to its own command only", () => {
  const signals = [
    aSignal({ id: "1", kind: "command.done", device: "door-1", data: { command: "c-2" } }),
    aSignal({ id: "2", kind: "command.failed", device: "door-1", data: { command: "c-1", why: "门没有回应" } }),
  ];
  expect(answerTo(signals, "door-1", "c-1")?.id).toBe("2");
  expect(answerTo(signals, "door-2", "c-1")).toBeNull();
});

describe("a command that was not done", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const said = (id: string, kind: string, minutes: number, device = "gate") =>
    aSignal({ id, kind, device, received: new Date(now - minutes * 60_000).toISOString(), data: { action: "close" } });

  it("is told until somebody saw it, it was done after all, or it is long ago", () => {
    const failed = said("f", "command.failed", 2);
    expect(lastFailed([failed], new Set(), now)?.id).toBe("f");
    expect(lastFailed([failed], new Set(["f"]), now)).toBeNull();
    expect(lastFailed([said("d", "command.done", 1), failed], new Set(), now)).toBeNull();
    expect(lastFailed([said("d", "command.done", 1, "other"), failed], new Set(), now)?.id).toBe("f");
    expect(lastFailed([said("old", "command.failed", 11)], new Set(), now)).toBeNull();
  });
});
