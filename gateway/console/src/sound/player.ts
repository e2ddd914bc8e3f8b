import { PATTERNS, type PatternName, type Tone } from "./patterns";

export type Speaker = "ready" | "blocked" | "absent";

/** Plays patterns with WebAudio. `blocked`: the browser allows no sound before the first click or key. */
export class Player {
  private readonly context: AudioContext | null;

  constructor(private readonly onChange: (speaker: Speaker) => void) {
    this.context = typeof AudioContext === "undefined" ? null : new AudioContext();
    if (this.context) this.context.onstatechange = () => this.onChange(this.speaker);
  }

  get speaker(): Speaker {
    if (this.context === null) return "absent";
    return this.context.state === "running" ? "ready" : "blocked";
  }

  /** Ask the browser to allow sound; works only within the handler of a click or key. */
  async unblock(): Promise<void> {
    if (this.context !== null && this.context.state !== "running") await this.context.resume();
    this.onChange(this.speaker);
  }

  /** `volume` multiplies the pattern's own. */
  play(name: PatternName, volume = 1): void {
    if (this.context?.state !== "running") return;
    const start = this.context.currentTime + 0.03;
    for (const tone of PATTERNS[name]) sound(this.context, start, { ...tone, gain: Math.min(1, tone.gain * volume) });
  }
}

function sound(context: AudioContext, start: number, tone: Tone): void {
  const from = start + tone.at;
  const until = from + tone.seconds;
  const oscillator = new OscillatorNode(context, { type: tone.wave, frequency: tone.hertz });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, from);
  volume.gain.linearRampToValueAtTime(tone.gain, from + 0.012);
  volume.gain.setValueAtTime(tone.gain, until - 0.04);
  volume.gain.linearRampToValueAtTime(0, until);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(from);
  oscillator.stop(until + 0.02);
}
