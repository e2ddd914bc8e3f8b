/**
 * The gateway's clock, carried on by the browser's monotonic one between beats, so that a
 * computer whose own clock is wrong still shows right ages.
 */
export class GatewayClock {
  private anchor: { gateway: number; local: number } | null = null;
  private exact = false;

  constructor(
    private readonly monotonic: () => number = () => performance.now(),
    private readonly wall: () => number = () => Date.now(),
  ) {}

  /** A beat's own time, in milliseconds since the epoch. */
  beat(milliseconds: number): void {
    this.anchor = { gateway: milliseconds, local: this.monotonic() };
    this.exact = true;
  }

  /** An HTTP `Date`: whole seconds, good enough until the first beat. */
  guess(milliseconds: number): void {
    if (!this.exact) this.anchor = { gateway: milliseconds, local: this.monotonic() };
  }

  now(): number {
    if (this.anchor === null) return this.wall();
    return this.anchor.gateway + (this.monotonic() - this.anchor.local);
  }
}
