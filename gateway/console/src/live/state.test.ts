import { describe, expect, it } from "vitest";

import { aDevice, aSignal, anAlert, at } from "../api/samples";
import type { LiveMessage, OpenCounts } from "../api/types";
import { KEPT_SIGNALS, type Picture, emptyPicture, take, takeAnswer } from "./state";

const NONE: OpenCounts = {
  open: { critical: 0, high: 0, medium: 0, low: 0 },
  untouched: { critical: 0, high: 0, medium: 0, low: 0 },
};

const snapshot = (number: number, given: Partial<Extract<LiveMessage, { type: "snapshot" }>> = {}): LiveMessage => ({
  type: "snapshot",
  number,
  alerts: [],
  alerts_left_out: 0,
  counts: NONE,
  devices: [],
  signals: [],
  dropped: {},
  ...given,
});

const started = (): Picture => {
  const picture = emptyPicture();
  take(picture, snapshot(10, { alerts: [anAlert()], devices: [aDevice()] }));
  return picture;
};

describe("the picture", () => {
  it("starts from a snapshot and follows numbered changes", () => {
    const picture = started();
    take(picture, { type: "alert", number: 11, alert: anAlert({ id: "a-2" }), counts: NONE });
    take(picture, { type: "device", number: 12, device: aDevice({ health: "silent" }) });
    expect([...picture.alerts.keys()]).toEqual(["a-1", "a-2"]);
    expect(picture.devices.get("door-1")?.health).toBe("silent");
    expect(picture.number).toBe(12);
  });

  it("leaves out what a resume brings twice", () => {
    const picture = started();
    const closed = anAlert({ state: "closed" });
    take(picture, { type: "alert", number: 12, alert: closed, counts: NONE });
    expect(take(picture, { type: "alert", number: 11, alert: anAlert(), counts: NONE })).toBe(false);
    expect(picture.alerts.size).toBe(0);
  });

  it("forgets what is no longer in a fresh snapshot, even one with a lower number", () => {
    const picture = started();
    take(picture, snapshot(3, { alerts: [anAlert({ id: "a-9" })], alerts_left_out: 4, counts: NONE }));
    expect([...picture.alerts.keys()]).toEqual(["a-9"]);
    expect(picture.devices.size).toBe(0);
    expect([picture.number, picture.counts]).toEqual([3, NONE]);
    take(picture, snapshot(4));
    expect(picture.counts).toBeNull();
  });

  it("does not resume from a beat, which may run ahead", () => {
    const picture = started();
    take(picture, { type: "beat", number: 99, at: at(0) });
    expect(picture.number).toBe(10);
  });

  it("keeps a closed alert in sight and out of the queue", () => {
    const picture = started();
    take(picture, { type: "alert", number: 11, alert: anAlert({ state: "closed" }), counts: NONE });
    expect(picture.alerts.size).toBe(0);
    expect(picture.lately.get("a-1")?.state).toBe("closed");
  });

  it("keeps the newest signals on top, each once, and not for ever", () => {
    const picture = started();
    for (let number = 11; number < 11 + KEPT_SIGNALS + 20; number++) {
      take(picture, { type: "signal", number, signal: aSignal({ id: `s-${number}` }) });
    }
    const newest = `s-${10 + KEPT_SIGNALS + 20}`;
    take(picture, { type: "signal", number: 9_999, signal: aSignal({ id: newest }) });
    expect(picture.signals).toHaveLength(KEPT_SIGNALS);
    expect(picture.signals[0]?.id).toBe(newest);
  });
});

describe("an action's answer", () => {
  const step = { action: "acknowledge", user: "guard", at: at(5), note: "", to: null };

  it("is shown at once", () => {
    const picture = started();
    takeAnswer(picture, anAlert({ state: "acknowledged", steps: [step] }));
    expect(picture.alerts.get("a-1")?.state).toBe("acknowledged");
  });

  it("does not undo what the live line brought meanwhile", () => {
    const picture = started();
    const ahead = anAlert({ state: "on_scene", steps: [step, { ...step, action: "on-scene" }] });
    take(picture, { type: "alert", number: 11, alert: ahead, counts: NONE });
    takeAnswer(picture, anAlert({ state: "acknowledged", steps: [step] }));
    expect(picture.alerts.get("a-1")?.state).toBe("on_scene");
  });

  it("does not reopen what was closed meanwhile", () => {
    const picture = started();
    take(picture, { type: "alert", number: 11, alert: anAlert({ state: "closed", steps: [step, step, step] }), counts: NONE });
    takeAnswer(picture, anAlert({ state: "acknowledged", steps: [step] }));
    expect(picture.alerts.size).toBe(0);
  });
});
