import { type Scene, forgettable, steer } from "./edge";

/** More than waits for a busy browser in half a minute: it will not catch up. */
const MOST_WAITING = 400;

/** Safari on phones has its own kind. */
const sourceClass = (): typeof MediaSource | undefined => {
  const known = globalThis as { MediaSource?: typeof MediaSource; ManagedMediaSource?: typeof MediaSource };
  return known.MediaSource ?? known.ManagedMediaSource;
};

const mime = (codec: string): string => `video/mp4; codecs="${codec}"`;

export const canPlayLive = (): boolean => sourceClass() !== undefined;
export const canPlay = (codec: string): boolean => sourceClass()?.isTypeSupported(mime(codec)) ?? false;

/** Plays media segments in a video element, always at the newest. `onTrouble`: it can't go on with this one. */
export class Screen {
  private buffer: SourceBuffer | null = null;
  private readonly source: MediaSource;
  private readonly url: string;
  private waiting: ArrayBuffer[] = [];
  private closed = false;

  constructor(
    private readonly video: HTMLVideoElement,
    codec: string,
    private readonly onTrouble: () => void,
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
    this.waiting.push(data);
    if (this.waiting.length > MOST_WAITING) this.onTrouble();
    else this.pump();
  }

  /** Also now and then while nothing comes: a picture at the very end of what came must not look alive. */
  keepUp(): void {
    const scene = this.scene();
    const { seek, rate } = steer(scene);
    if (seek !== null) this.video.currentTime = seek;
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate;
    if (this.video.paused && scene.ranges.length > 0) void this.video.play().catch(() => undefined);
  }

  close(): void {
    this.closed = true;
    this.waiting = [];
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
    const until = forgettable(this.scene());
    if (until !== null && this.buffer && !this.buffer.updating) this.buffer.remove(0, until);
    this.pump();
  }

  private pump(): void {
    const next = this.waiting[0];
    if (this.closed || !this.buffer || this.buffer.updating || !next) return;
    if (this.video.error || this.source.readyState !== "open") return this.fail();
    try {
      this.buffer.appendBuffer(next);
      this.waiting.shift();
    } catch {
      this.fail(); // its memory is full, or it takes no more of this
    }
  }

  private fail(): void {
    if (!this.closed) this.onTrouble();
  }

  private scene(): Scene {
    const ranges: [number, number][] = [];
    const buffered = this.buffer && this.source.readyState === "open" ? this.buffer.buffered : null;
    for (let index = 0; buffered && index < buffered.length; index += 1) {
      ranges.push([buffered.start(index), buffered.end(index)]);
    }
    return { at: this.video.currentTime, ranges };
  }
}
