/**
 * The gateway's clock, continued with the browser's monotonic clock between beats, so that a
 * computer whose own clock is wrong still shows correct ages.
 */
export class GatewayClock {
  private anchor: { gateway: number; local: number } | null = null;
  private exact = false;

  constructor(
    private readonly monotonic: () => number = () => performance.now(),
    private readonly wall: () => number = () => Date.now(),
  ) {}

  /** The time in a beat, in milliseconds since 1970. */
  beat(milliseconds: number): void {
    this.anchor = { gateway: milliseconds, local: this.monotonic() };
    this.exact = true;
  }

  /** The time in an HTTP `Date` header: whole seconds, used until the first beat. */
  guess(milliseconds: number): void {
    if (!this.exact) this.anchor = { gateway: milliseconds, local: this.monotonic() };
  }

  now(): number {
    if (this.anchor === null) return this.wall();
    return this.anchor.gateway + (this.monotonic() - this.anchor.local);
  }
}
