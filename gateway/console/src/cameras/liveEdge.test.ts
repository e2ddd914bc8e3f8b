import { describe, expect, it } from "vitest";

import { evictableUntil, adjustment } from "./liveEdge";

describe("a live picture", () => {
  it("waits while nothing has come", () => {
    expect(adjustment({ at: 0, ranges: [] })).toEqual({ seek: null, rate: 1 });
  });

  it("begins at the newest, wherever the stream's own time stands", () => {
    expect(adjustment({ at: 0, ranges: [[300, 308]] })).toEqual({ seek: 307.6, rate: 1 });
    expect(adjustment({ at: 0, ranges: [[300, 300.1]] })).toEqual({ seek: 300, rate: 1 });
  });

  it("goes on as it is when it is near", () => {
    expect(adjustment({ at: 9.5, ranges: [[0, 10]] })).toEqual({ seek: null, rate: 1 });
    expect(adjustment({ at: 10.2, ranges: [[0, 10]] })).toEqual({ seek: null, rate: 1 });
  });

  it("catches up faster the further it is behind, and then jumps", () => {
    expect(adjustment({ at: 9, ranges: [[0, 10]] }).rate).toBe(1.05);
    expect(adjustment({ at: 8, ranges: [[0, 10]] }).rate).toBe(1.15);
    expect(adjustment({ at: 5, ranges: [[0, 10]] })).toEqual({ seek: 9.6, rate: 1 });
  });

  it("jumps over what was lost", () => {
    const ranges = [
      [0, 10],
      [12, 12.1],
    ] as const;
    expect(adjustment({ at: 10, ranges })).toEqual({ seek: 12, rate: 1 });
  });

  it("comes back when the camera's time begins anew", () => {
    expect(adjustment({ at: 100, ranges: [[0, 2]] })).toEqual({ seek: 1.6, rate: 1 });
  });

  it("is forgotten in large pieces, never what was just seen", () => {
    expect(evictableUntil({ at: 35, ranges: [[0, 36]] })).toBeNull();
    expect(evictableUntil({ at: 50, ranges: [[0, 51]] })).toBe(30);
    expect(evictableUntil({ at: 0, ranges: [] })).toBeNull();
  });
});
