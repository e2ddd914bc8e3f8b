import { describe, expect, it } from "vitest";

import { type TourState, advance, stepsOf } from "./tour";

const running: TourState = { step: 0, phase: "running" };

describe("a tour", () => {
  it("has as many cameras at once as its layout, and none that are gone", () => {
    const tour = { cameras: ["a", "b", "c", "gone", "d", "e"], layout: 4 as const };
    expect(stepsOf(tour, new Set(["a", "b", "c", "d", "e"]))).toEqual([["a", "b", "c", "d"], ["e"]]);
    expect(stepsOf(tour, new Set())).toEqual([]);
  });

  it("goes round", () => {
    expect(advance({ ...running, step: 2 }, "dwelt", 3).step).toBe(0);
    expect(advance(running, "previous", 3).step).toBe(2);
    expect(advance(running, "next", 0).step).toBe(0);
  });

  it("stands still while it is paused, and moves by hand all the same", () => {
    const paused = advance(running, "pause", 3);
    expect(advance(paused, "dwelt", 3)).toEqual(paused);
    expect(advance(paused, "next", 3)).toEqual({ step: 1, phase: "paused" });
  });

  it("pauses when an alarm comes, and a pause of the guard's stays his", () => {
    const alarmed = advance(running, "alarm", 3);
    expect(alarmed.phase).toBe("alarmed");
    expect(advance(alarmed, "dwelt", 3).step).toBe(0);
    expect(advance(alarmed, "resume", 3).phase).toBe("running");
    expect(advance(advance(running, "pause", 3), "alarm", 3).phase).toBe("paused");
  });
});
