/** One ring around an alarm that nobody has touched; in pixels of the map's container. */
export interface Pulse {
  x: number;
  y: number;
  radius: number;
  colour: string;
}

const PERIOD = 1_600;
/** Thirty pictures a second look smooth, and leave half of the time to the map. */
const LEAST_GAP = 30;
const GROWS = 1;
const STILL = 0.45;

/** Draws all rings on one canvas. An animated element for each would be a layer of its own, hundreds with what overlaps
 * them: a zoom then shows nine frames a second on a computer without a graphics card, and with this fifty. */
export class Pulses {
  private readonly canvas = document.createElement("canvas");
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private frame = 0;
  private last = 0;
  private drawn = false;

  constructor(
    private readonly container: HTMLElement,
    private readonly pulses: () => readonly Pulse[],
  ) {
    this.canvas.className = "plan-pulses";
    this.canvas.setAttribute("aria-hidden", "true");
    container.append(this.canvas);
    this.next();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.canvas.remove();
  }

  private next(): void {
    this.frame = requestAnimationFrame((now) => {
      if (now - this.last >= LEAST_GAP) {
        this.last = now;
        this.draw(now);
      }
      this.next();
    });
  }

  private draw(now: number): void {
    const pulses = this.pulses();
    if (pulses.length === 0 && !this.drawn) return;
    const context = this.canvas.getContext("2d");
    if (!context) return;
    this.fit();
    const { clientWidth: width, clientHeight: height } = this.container;
    context.clearRect(0, 0, width, height);
    const progress = this.still.matches ? STILL : (now % PERIOD) / PERIOD;
    context.globalAlpha = this.still.matches ? 1 : 1 - progress;
    for (const { x, y, radius, colour } of pulses) {
      context.beginPath();
      context.lineWidth = radius * 0.16;
      context.strokeStyle = colour;
      context.arc(x, y, radius * (1.1 + GROWS * progress), 0, 2 * Math.PI);
      context.stroke();
    }
    this.drawn = pulses.length > 0;
  }

  /** One pixel of the canvas is one of the page: rings need no more, and clearing it costs less. */
  private fit(): void {
    const { clientWidth, clientHeight } = this.container;
    if (this.canvas.width !== clientWidth) this.canvas.width = clientWidth;
    if (this.canvas.height !== clientHeight) this.canvas.height = clientHeight;
  }
}
