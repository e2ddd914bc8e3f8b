import { describe, expect, it } from "vitest";

import { GatewayClock } from "./clock";
import { STALE_AFTER, backoff, isStale, liveAddress } from "./freshness";

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
  expect(liveAddress({ protocol: "https:", host: "anju.example" }, 41)).toBe("wss://anju.example/api/v1/live?after=41");
  expect(liveAddress({ protocol: "http:", host: "[::1]:8080" }, null)).toBe("ws://[::1]:8080/api/v1/live");
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
