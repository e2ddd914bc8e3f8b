import type { Severity } from "../api/types";

/** One tone: when it starts in the pattern (s), its pitch (Hz), its length (s) and how loud (0 to 1). */
export interface Tone {
  at: number;
  hertz: number;
  seconds: number;
  gain: number;
  wave: "sine" | "triangle" | "square";
}

export type PatternName = Severity | "lost" | "call" | "notice" | "reminder";
export type Pattern = readonly Tone[];

const pulses = (starts: readonly number[], hertz: readonly number[], tone: Omit<Tone, "at" | "hertz">): Tone[] =>
  starts.map((at, index) => ({ at, hertz: hertz[index % hertz.length] as number, ...tone }));

/**
 * Patterns differ in rhythm first, then in pitch (as in IEC 60601-1-8: a burst of 3+2 for the most severe,
 * then three pulses, two, one). All are below 1 kHz, with overtones: hearing loses high frequencies first.
 */
export const PATTERNS: Record<PatternName, Pattern> = {
  critical: pulses([0, 0.19, 0.38, 0.72, 0.91, 1.3, 1.49, 1.68, 2.02, 2.21], [784, 784, 784, 988, 988], {
    seconds: 0.13,
    gain: 0.55,
    wave: "square",
  }),
  high: pulses([0, 0.3, 0.6], [587, 587, 784], { seconds: 0.22, gain: 0.6, wave: "triangle" }),
  medium: pulses([0, 0.34], [659, 523], { seconds: 0.26, gain: 0.5, wave: "triangle" }),
  low: pulses([0], [523], { seconds: 0.35, gain: 0.35, wave: "sine" }),
  notice: pulses([0, 0.22], [294, 247], { seconds: 0.2, gain: 0.4, wave: "triangle" }),
  call: pulses([0, 0.09, 0.18, 0.27, 0.36, 0.45, 0.54, 0.63, 0.72, 0.81], [659, 784], { seconds: 0.08, gain: 0.5, wave: "triangle" }),
  reminder: pulses([0, 0.16], [523, 784], { seconds: 0.12, gain: 0.4, wave: "sine" }),
  lost: pulses([0, 0.42, 0.84], [392, 311, 247], { seconds: 0.36, gain: 0.6, wave: "triangle" }),
};

export const lengthOf = (pattern: Pattern): number => Math.max(...pattern.map((tone) => tone.at + tone.seconds));
