import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { LiveMessage } from "../api/types";
import { Connection } from "./connection";
import type { ConnectionStatus } from "./freshness";

/** A socket whose other end is the test. */
class Line {
  static all: Line[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;

  constructor(readonly address: string) {
    Line.all.push(this);
  }

  close(): void {
    this.closed = true;
  }

  say(message: LiveMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const beat: LiveMessage = { type: "beat", number: 7, at: "2026-01-01T00:00:00Z" };
let after: number | null;
let heard: LiveMessage[];
let hearing: ConnectionStatus | null;
let refused: number;
let connection: Connection;
const line = (): Line => Line.all.at(-1) as Line;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  vi.stubGlobal("location", { protocol: "http:", host: "gateway" });
  Line.all = [];
  [after, heard, hearing, refused] = [null, [], null, 0];
  connection = new Connection({
    after: () => after,
    onMessage: (message) => heard.push(message),
    onStatus: (now) => (hearing = now),
    onRefused: () => refused++,
    now: () => Date.now(),
  });
  connection.start();
});

afterEach(() => {
  connection.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("comes back by itself and asks for what it missed", () => {
  line().onopen?.();
  line().say(beat);
  after = 7;
  line().onclose?.({ code: 1006 });
  expect(hearing?.connected).toBe(false);
  vi.advanceTimersByTime(600);
  expect(Line.all).toHaveLength(2);
  expect(line().address).toBe("ws://gateway/api/v1/live?view=brief&after=7");
  expect(refused).toBe(0);
});

it("gives up a line that is open and dumb", () => {
  line().onopen?.();
  line().say(beat);
  const dumb = line();
  vi.advanceTimersByTime(13_000);
  expect(dumb.closed).toBe(true);
  expect(Line.all).toHaveLength(2);
});

it("keeps a line that beats", () => {
  line().onopen?.();
  for (let beats = 0; beats < 20; beats++) {
    line().say(beat);
    vi.advanceTimersByTime(5_000);
  }
  expect(Line.all).toHaveLength(1);
  expect(heard).toHaveLength(20);
});

it("asks about the session when it is turned away, or told that it has ended", () => {
  line().onclose?.({ code: 1006 });
  expect(refused).toBe(1);
  vi.advanceTimersByTime(600);
  line().onopen?.();
  line().say(beat);
  line().onclose?.({ code: 4401 });
  expect(refused).toBe(2);
});

it("tries less and less often, and at once when asked", () => {
  for (let attempt = 0; attempt < 8; attempt++) {
    line().onclose?.({ code: 1006 });
    vi.advanceTimersByTime(15_000);
  }
  line().onclose?.({ code: 1006 });
  const tried = Line.all.length;
  vi.advanceTimersByTime(7_000);
  expect(Line.all).toHaveLength(tried);
  connection.reconnectNow();
  expect(Line.all).toHaveLength(tried + 1);
});

it("stays stopped", () => {
  connection.stop();
  connection.reconnectNow();
  vi.advanceTimersByTime(60_000);
  expect(Line.all).toHaveLength(1);
});

it("begins anew after the computer slept, from where it was", () => {
  line().onopen?.();
  line().say(beat);
  after = 7;
  const dead = line();
  connection.restart();
  expect(dead.closed).toBe(true);
  expect(hearing?.connected).toBe(false);
  expect(Line.all).toHaveLength(2);
  expect(line().address).toContain("after=7");
});
