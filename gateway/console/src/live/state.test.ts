import { describe, expect, it } from "vitest";

import { aDevice, aSignal, anAlert, at } from "../api/samples";
import type { LiveMessage, OpenCounts } from "../api/types";
import { MAX_SIGNALS, type LiveState, emptyState, applyMessage, applyResponse } from "./state";

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

const started = (): LiveState => {
  const state = emptyState();
  applyMessage(state, snapshot(10, { alerts: [anAlert()], devices: [aDevice()] }));
  return state;
};

describe("the picture", () => {
  it("starts from a snapshot and follows numbered changes", () => {
    const state = started();
    applyMessage(state, { type: "alert", number: 11, alert: anAlert({ id: "a-2" }), counts: NONE });
    applyMessage(state, { type: "device", number: 12, device: aDevice({ health: "silent" }) });
    expect([...state.alerts.keys()]).toEqual(["a-1", "a-2"]);
    expect(state.devices.get("door-1")?.health).toBe("silent");
    expect(state.number).toBe(12);
  });

  it("leaves out what a resume brings twice", () => {
    const state = started();
    const closed = anAlert({ state: "closed" });
    applyMessage(state, { type: "alert", number: 12, alert: closed, counts: NONE });
    expect(applyMessage(state, { type: "alert", number: 11, alert: anAlert(), counts: NONE })).toBe(false);
    expect(state.alerts.size).toBe(0);
  });

  it("forgets what is no longer in a fresh snapshot, even one with a lower number", () => {
    const state = started();
    applyMessage(state, snapshot(3, { alerts: [anAlert({ id: "a-9" })], alerts_left_out: 4, counts: NONE }));
    expect([...state.alerts.keys()]).toEqual(["a-9"]);
    expect(state.devices.size).toBe(0);
    expect([state.number, state.counts]).toEqual([3, NONE]);
    applyMessage(state, snapshot(4));
    expect(state.counts).toBeNull();
  });

  it("does not resume from a beat, which may run ahead", () => {
    const state = started();
    applyMessage(state, { type: "beat", number: 99, at: at(0) });
    expect(state.number).toBe(10);
  });

  it("keeps a closed alert visible and out of the queue", () => {
    const state = started();
    applyMessage(state, { type: "alert", number: 11, alert: anAlert({ state: "closed" }), counts: NONE });
    expect(state.alerts.size).toBe(0);
    expect(state.recentlyClosed.get("a-1")?.state).toBe("closed");
  });

  it("keeps the newest signals on top, each once, and not for ever", () => {
    const state = started();
    for (let number = 11; number < 11 + MAX_SIGNALS + 20; number++) {
      applyMessage(state, { type: "signal", number, signal: aSignal({ id: `s-${number}` }) });
    }
    const newest = `s-${10 + MAX_SIGNALS + 20}`;
    applyMessage(state, { type: "signal", number: 9_999, signal: aSignal({ id: newest }) });
    expect(state.signals).toHaveLength(MAX_SIGNALS);
    expect(state.signals[0]?.id).toBe(newest);
  });
});

describe("an action's answer", () => {
  const step = { action: "acknowledge", user: "guard", at: at(5), note: "", to: null };

  it("is shown at once", () => {
    const state = started();
    applyResponse(state, anAlert({ state: "acknowledged", steps: [step] }));
    expect(state.alerts.get("a-1")?.state).toBe("acknowledged");
  });

  it("does not undo what the live line brought meanwhile", () => {
    const state = started();
    const ahead = anAlert({ state: "on_scene", steps: [step, { ...step, action: "on-scene" }] });
    applyMessage(state, { type: "alert", number: 11, alert: ahead, counts: NONE });
    applyResponse(state, anAlert({ state: "acknowledged", steps: [step] }));
    expect(state.alerts.get("a-1")?.state).toBe("on_scene");
  });

  it("does not reopen what was closed meanwhile", () => {
    const state = started();
    applyMessage(state, { type: "alert", number: 11, alert: anAlert({ state: "closed", steps: [step, step, step] }), counts: NONE });
    applyResponse(state, anAlert({ state: "acknowledged", steps: [step] }));
    expect(state.alerts.size).toBe(0);
  });
});
