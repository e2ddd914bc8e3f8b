import { describe, expect, it } from "vitest";

import { GatewayClock } from "./clock";
import { STALE_AFTER, WakeDetector, backoff, isStale, liveAddress } from "./freshness";

describe("staleness", () => {
  it("comes after twelve silent seconds", () => {
    const hearing = { connected: true, lastMessageAt: 1_000 };
    expect(isStale(hearing, 1_000 + STALE_AFTER - 1)).toBe(false);
    expect(isStale(hearing, 1_000 + STALE_AFTER)).toBe(true);
    expect(STALE_AFTER).toBe(12_000);
  });

  it("comes at once when the socket is closed, and holds before the first message", () => {
    expect(isStale({ connected: false, lastMessageAt: 1_000 }, 1_001)).toBe(true);
    expect(isStale({ connected: true, lastMessageAt: null }, 0)).toBe(true);
  });
});

it("waits longer each time, within bounds, and never in step with others", () => {
  const waits = [0, 1, 2, 3, 9, 500].map((attempt) => backoff(attempt, 1));
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 15_000, 15_000]);
  expect(backoff(3, 0)).toBe(2_000);
});

it("asks to resume where it was", () => {
  expect(liveAddress({ protocol: "https:", host: "anju.example" }, 41)).toBe("wss://anju.example/api/v1/live?view=brief&after=41");
  expect(liveAddress({ protocol: "http:", host: "[::1]:8080" }, null)).toBe("ws://[::1]:8080/api/v1/live?view=brief");
});

describe("the gateway's clock", () => {
  it("does not care that the computer's own is wrong", () => {
    let ticks = 500;
    const clock = new GatewayClock(
      () => ticks,
      () => 42,
    );
    expect(clock.now()).toBe(42);
    clock.guess(9_000);
    clock.beat(10_250);
    clock.guess(20_000);
    ticks += 1_500;
    expect(clock.now()).toBe(11_750);
  });
});

describe("a night of sleep", () => {
  it("is noticed whether the monotonic clock stops or goes on", () => {
    const stopped = new WakeDetector();
    expect(stopped.slept(1_000, 5_000)).toBe(false);
    expect(stopped.slept(2_000, 8 * 3_600_000)).toBe(true);
    expect(stopped.slept(3_000, 8 * 3_600_000 + 1_000)).toBe(false);
    const going = new WakeDetector();
    going.slept(0, 0);
    expect(going.slept(8 * 3_600_000, 8 * 3_600_000)).toBe(true);
  });

  it("is not a hidden page's slow timer, nor a clock that is set back", () => {
    const detector = new WakeDetector();
    detector.slept(0, 0);
    expect(detector.slept(60_000, 60_000)).toBe(false);
    expect(detector.slept(61_000, 1_000)).toBe(false);
  });
});
