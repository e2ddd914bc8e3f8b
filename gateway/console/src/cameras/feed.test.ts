import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type Feed, openFeed } from "./feed";

class Line {
  binaryType = "";
  closed = false;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  say = (data: unknown): void => this.onmessage?.({ data });
  close = (): void => {
    this.closed = true;
  };
}

describe("a camera's feed", () => {
  let lines: Line[];
  let told: unknown[];
  let feed: Feed;
  const line = (): Line => lines[lines.length - 1] as Line;

  beforeEach(() => {
    vi.useFakeTimers();
    lines = [];
    told = [];
    feed = openFeed("ws://gateway/live", {
      connect: () => {
        lines.push(new Line());
        return line() as unknown as WebSocket;
      },
      onOpening: (opening) => told.push(opening.codec),
      onData: (data) => told.push(data.byteLength),
      onLost: (error) => told.push(error?.message ?? null),
    });
  });
  afterEach(() => vi.useRealTimers());

  it("tells of the codec, then hands on what comes", () => {
    line().say('{"codec":"avc1.4d401f","width":640,"height":360}');
    line().say(new ArrayBuffer(7));
    expect(line().binaryType).toBe("arraybuffer");
    expect(told).toEqual(["avc1.4d401f", 7]);
  });

  it("says why there is no picture and asks again, ever less often", () => {
    line().say('{"error":{"code":"no_picture","message":"摄像机没有画面"}}');
    expect(told).toEqual(["摄像机没有画面"]);
    expect(line().closed).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(2);
    line().onclose?.();
    vi.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(2);
    vi.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(3);
    line().say('{"codec":"avc1.4d401f","width":640,"height":360}');
    line().onclose?.();
    vi.advanceTimersByTime(1_000);
    expect(lines, "once it worked it is quick again").toHaveLength(4);
  });

  it("hands on the gateway's code, and is over when it is closed upon it", () => {
    line().say('{"error":{"code":"no_main","message":"这台摄像机没有主码流"}}');
    feed.close();
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(1);
    expect(told).toEqual(["这台摄像机没有主码流"]);
  });

  it("takes silence for a loss", () => {
    line().say(new ArrayBuffer(7));
    vi.advanceTimersByTime(11_000);
    expect(told).toEqual([7]);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([7, null]);
  });

  it("is over when it is closed", () => {
    const first = line();
    feed.close();
    expect(first.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it("begins anew when it is asked to", () => {
    feed.restart();
    expect(lines).toHaveLength(2);
    expect(lines[0]?.closed).toBe(true);
  });
});
