/** The playback position and the buffered ranges, in seconds. */
export interface PlaybackState {
  at: number;
  ranges: readonly (readonly [number, number])[];
}

export interface Adjustment {
  /** where to jump; null: do not */
  seek: number | null;
  rate: number;
}

/** The normal distance (s) behind the newest picture: two segments. */
const NEAR = 0.4;
const FAR = 1.2;
const TOO_FAR = 4;

/** Keeps playback at the live edge: a little faster when it is behind, a jump when it is too far behind. */
export function adjustment({ at, ranges }: PlaybackState): Adjustment {
  const last = ranges[ranges.length - 1];
  if (!last) return { seek: null, rate: 1 };
  const [start, end] = last;
  const behind = end - at;
  if (at < start || behind > TOO_FAR || behind < -0.5) return { seek: Math.max(start, end - NEAR), rate: 1 };
  return { seek: null, rate: behind > FAR ? 1.15 : behind > 2 * NEAR ? 1.05 : 1 };
}

const KEPT_SECONDS = 20;

/** Up to where played video may be removed from the buffer; null while there is too little to remove. */
export function evictableUntil({ at, ranges }: PlaybackState): number | null {
  const first = ranges[0];
  return first && at - first[0] > 2 * KEPT_SECONDS ? at - KEPT_SECONDS : null;
}
