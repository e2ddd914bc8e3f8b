import { type PlaybackState, evictableUntil, adjustment } from "./liveEdge";

/** Segments: half a minute of video. A browser that is further behind will not catch up. */
const MAX_PENDING = 400;

/** Safari on phones has ManagedMediaSource instead. */
const sourceClass = (): typeof MediaSource | undefined => {
  const scope = globalThis as { MediaSource?: typeof MediaSource; ManagedMediaSource?: typeof MediaSource };
  return scope.MediaSource ?? scope.ManagedMediaSource;
};

const mime = (codec: string): string => `video/mp4; codecs="${codec}"`;

export const canPlayLive = (): boolean => sourceClass() !== undefined;
export const canPlay = (codec: string): boolean => sourceClass()?.isTypeSupported(mime(codec)) ?? false;

/** Plays media segments in a video element, at the live edge. After `onError` it must be replaced. */
export class LivePlayer {
  private buffer: SourceBuffer | null = null;
  private readonly source: MediaSource;
  private readonly url: string;
  private pending: ArrayBuffer[] = [];
  private closed = false;

  constructor(
    private readonly video: HTMLVideoElement,
    codec: string,
    private readonly onError: () => void,
  ) {
    const Source = sourceClass();
    if (!Source) throw new Error("this browser has no Media Source Extensions");
    this.source = new Source();
    this.url = URL.createObjectURL(this.source);
    this.source.addEventListener("sourceopen", () => this.begin(codec), { once: true });
    video.disableRemotePlayback = true;
    video.src = this.url;
  }

  push(data: ArrayBuffer): void {
    this.pending.push(data);
    if (this.pending.length > MAX_PENDING) this.onError();
    else this.pump();
  }

  /** Adjust position and speed. Call it regularly, also while no segments arrive. */
  keepUp(): void {
    const state = this.state();
    const { seek, rate } = adjustment(state);
    if (seek !== null) this.video.currentTime = seek;
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
    if (this.video.paused && state.ranges.length > 0) void this.video.play().catch(() => undefined);
  }

  close(): void {
    this.closed = true;
    this.pending = [];
    URL.revokeObjectURL(this.url);
    this.video.removeAttribute("src");
    this.video.load();
  }

  private begin(codec: string): void {
    if (this.closed) return;
    this.buffer = this.source.addSourceBuffer(mime(codec));
    this.buffer.mode = "segments";
    this.buffer.addEventListener("updateend", () => this.appended());
    this.buffer.addEventListener("error", () => this.fail());
    this.pump();
  }

  private appended(): void {
    if (this.closed) return;
    this.keepUp();
    const until = evictableUntil(this.state());
    if (until !== null && this.buffer && !this.buffer.updating) this.buffer.remove(0, until);
    this.pump();
  }

  private pump(): void {
    const next = this.pending[0];
    if (this.closed || !this.buffer || this.buffer.updating || !next) return;
    if (this.video.error || this.source.readyState !== "open") return this.fail();
    try {
      this.buffer.appendBuffer(next);
      this.pending.shift();
    } catch {
      this.fail(); // the buffer is full, or the segment is invalid
    }
  }

  private fail(): void {
    if (!this.closed) this.onError();
  }

  private state(): PlaybackState {
    const ranges: [number, number][] = [];
    const buffered = this.buffer && this.source.readyState === "open" ? this.buffer.buffered : null;
    for (let index = 0; buffered && index < buffered.length; index += 1) {
      ranges.push([buffered.start(index), buffered.end(index)]);
    }
    return { at: this.video.currentTime, ranges };
  }
}
