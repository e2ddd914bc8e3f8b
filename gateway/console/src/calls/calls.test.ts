import { describe, expect, it } from "vitest";

import type { IntercomCall } from "../api/types";
import { EMPTY_HISTORY, nextSound } from "../sound/schedule";
import { canOpen, inOrder, isMine, isRinging } from "./callState";
import { LEAD, MAX_AHEAD, decayedLevel, loudness, nextStart, toBytes, toFloats } from "./audio";

const aCall = (more: Partial<IntercomCall> = {}): IntercomCall => ({
  id: "call-1",
  station: "east",
  station_name: "东门",
  place_name: { zh: "东门", en: "East gate" },
  state: "ringing",
  incoming: true,
  seconds: 1,
  by: "",
  on: "",
  talker: null,
  camera: null,
  unlock: { device: "east", action: "unlock", in_call: true },
  ...more,
});

describe("which call comes first", () => {
  it("is mine, then who has waited longest, then what others have", () => {
    const mine = aCall({ id: "mine", state: "answered", on: "browser", by: "me" });
    const theirs = aCall({ id: "theirs", state: "answered", on: "browser", by: "you", seconds: 99 });
    const desk = aCall({ id: "desk", state: "answered", on: "desk_phone", seconds: 98 });
    const long = aCall({ id: "long", seconds: 20 });
    const short = aCall({ id: "short", seconds: 2 });
    expect(inOrder([theirs, short, desk, long, mine], "me").map((call) => call.id)).toEqual(["mine", "long", "short", "theirs", "desk"]);
    expect(isMine(desk, "")).toBe(false);
  });

  it("rings until somebody is answering it", () => {
    expect(isRinging(aCall())).toBe(true);
    expect(isRinging(aCall({ on: "browser", by: "you" }))).toBe(false);
  });

  it("lets the door be opened when its station can", () => {
    expect(canOpen(aCall())).toBe(false);
    expect(canOpen(aCall({ state: "answered" }))).toBe(true);
    expect(canOpen(aCall({ unlock: { device: "door", action: "unlock", in_call: false } }))).toBe(true);
    expect(canOpen(aCall({ state: "answered", unlock: null }))).toBe(false);
  });
});

describe("sound", () => {
  it("comes through unchanged, and is cut where it is too loud", () => {
    const back = toFloats(toBytes(new Float32Array([0, 0.5, -0.5, 3, -3])));
    [0, 0.5, -0.5, 1, -1].forEach((value, index) => expect(back[index]).toBeCloseTo(value, 3));
    expect(toFloats(new ArrayBuffer(3)).length).toBe(1);
  });

  it("is as loud as it is", () => {
    expect(loudness(new Float32Array(320))).toBe(0);
    expect(loudness(new Float32Array(320).fill(1))).toBe(1);
    expect(loudness(new Float32Array(0))).toBe(0);
  });

  it("shows a level that the eye can follow", () => {
    expect(decayedLevel(0, 0.7)).toBe(0.7);
    let shown = 0.7;
    for (let piece = 0; piece < 25; piece += 1) shown = decayedLevel(shown, 0);
    expect(shown).toBeGreaterThan(0.05);
    for (let piece = 0; piece < 75; piece += 1) shown = decayedLevel(shown, 0);
    expect(shown).toBe(0);
  });

  it("waits a little at first, then follows piece on piece, and never piles up", () => {
    expect(nextStart(0, 10)).toBeCloseTo(10 + LEAD);
    expect(nextStart(10.04, 10)).toBe(10.04);
    expect(nextStart(10 + MAX_AHEAD + 0.01, 10)).toBe(null);
  });
});

it("rings like a telephone between other sounds", () => {
  let heard = EMPTY_HISTORY;
  const rings: number[] = [];
  for (let second = 0; second < 8; second += 0.5) {
    const turn = nextSound(heard, [], false, second * 1000, second < 6);
    heard = turn.history;
    if (turn.play === "call") rings.push(second);
  }
  expect(rings).toEqual([0, 3, 6].filter((second) => second < 6));
});
