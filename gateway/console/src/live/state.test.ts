import { describe, expect, it } from "vitest";

import { aDevice, aSignal, aSilence, anAlert, anIncident, at } from "../api/samples";
import type { LiveMessage, OpenCounts } from "../api/types";
import { MAX_ALERTS, MAX_INCIDENTS, addPage } from "./open";
import { MAX_SIGNALS, type LiveState, emptyState, applyMessage } from "./state";

const NONE: OpenCounts = {
  open: { critical: 0, high: 0, medium: 0, low: 0 },
  untouched: { critical: 0, high: 0, medium: 0, low: 0 },
};

const snapshot = (number: number, given: Partial<Extract<LiveMessage, { type: "snapshot" }>> = {}): LiveMessage => ({
  type: "snapshot",
  number,
  incidents: [],
  incidents_left_out: 0,
  incident_counts: NONE,
  alerts: [],
  alerts_left_out: 0,
  counts: NONE,
  silences: [],
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

describe("silences", () => {
  it("are those in force; an ended one is kept apart", () => {
    const state = started();
    applyMessage(state, snapshot(20, { silences: [aSilence()] }));
    const before = state.silences;
    applyMessage(state, { type: "silence", number: 21, silence: aSilence({ id: "q-2" }) });
    expect(state.silences).not.toBe(before);
    applyMessage(state, { type: "silence", number: 22, silence: aSilence({ ended_at: at(9), ended_because: "until" }) });
    expect([...state.silences.keys()]).toEqual(["q-2"]);
    expect(state.endedSilences.map((one) => one.ended_because)).toEqual(["until"]);
  });
});

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
  });

  it("does not resume from a beat, which may run ahead", () => {
    const state = started();
    applyMessage(state, { type: "beat", number: 99, at: at(0) });
    expect(state.number).toBe(10);
  });

  it("keeps a closed incident visible and out of the queue", () => {
    const state = started();
    applyMessage(state, { type: "incident", number: 11, incident: anIncident(), counts: NONE });
    applyMessage(state, { type: "incident", number: 12, incident: anIncident({ state: "closed" }), counts: NONE });
    expect(state.incidents.size).toBe(0);
    expect(state.closedIncidents.get("i-1")?.state).toBe("closed");
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

describe("more than the page holds", () => {
  const incidents = (count: number, from = 0) =>
    Array.from({ length: count }, (_, n) => anIncident({ id: `i-${from + n}`, opened_at: at(from + n) }));

  it("knows up to where it has all, and turns pages from there", () => {
    const state = emptyState();
    const first = incidents(3);
    applyMessage(state, snapshot(1, { incidents: first, incidents_left_out: 4 }));
    const known = first[2]?.sort_key as string;
    expect(state.knownUpTo).toBe(known);
    addPage(state, { items: incidents(2, 3), next: "later" }, known);
    expect([state.incidents.size, state.knownUpTo]).toEqual([5, "later"]);
    addPage(state, { items: incidents(2, 5), next: null }, "later");
    expect([state.incidents.size, state.knownUpTo]).toEqual([7, null]);
  });

  it("lets no page undo what the feed brought meanwhile", () => {
    const state = emptyState();
    applyMessage(state, snapshot(1, { incidents: incidents(1), incidents_left_out: 2 }));
    applyMessage(state, { type: "incident", number: 2, incident: anIncident({ id: "i-1", state: "on_scene" }), counts: NONE });
    applyMessage(state, { type: "incident", number: 3, incident: anIncident({ id: "i-2", state: "closed" }), counts: NONE });
    addPage(state, { items: incidents(2, 1), next: null }, state.knownUpTo);
    expect(state.incidents.get("i-1")?.state).toBe("on_scene");
    expect(state.incidents.has("i-2")).toBe(false);
  });

  it("forgets the least urgent, and knows that they are missing", () => {
    const state = emptyState();
    applyMessage(state, snapshot(1));
    incidents(MAX_INCIDENTS + 1).forEach((incident, n) => applyMessage(state, { type: "incident", number: 2 + n, incident, counts: NONE }));
    expect(state.incidents.size).toBe(MAX_INCIDENTS * 0.8);
    expect(state.incidents.has("i-0")).toBe(true);
    expect(state.knownUpTo).toBe(state.incidents.get(`i-${MAX_INCIDENTS * 0.8 - 1}`)?.sort_key);
  });

  it("keeps a bounded number of alerts, the most severe", () => {
    const state = emptyState();
    applyMessage(state, snapshot(1, { alerts: [anAlert({ id: "fire", severity: "critical", raised_at: at(0) })] }));
    for (let n = 0; n < 3 * MAX_ALERTS; n++) applyMessage(state, { type: "alert", number: 2 + n, alert: anAlert({ id: `a-${n}`, severity: "low" }), counts: NONE });
    expect(state.alerts.size).toBeLessThanOrEqual(MAX_ALERTS);
    expect(state.alerts.has("fire")).toBe(true);
  });
});
