/** Where the picture stands and what of it has come, in seconds. */
export interface Scene {
  at: number;
  ranges: readonly (readonly [number, number])[];
}

export interface Steering {
  /** jump there; null: go on */
  seek: number | null;
  rate: number;
}

/** How far behind the newest picture the screen stays: two deliveries. */
const NEAR = 0.4;
const FAR = 1.2;
const LOST = 4;

/** Keeps a live picture at its newest: a little faster when it is behind, a jump when that takes too long. */
export function steer({ at, ranges }: Scene): Steering {
  const last = ranges[ranges.length - 1];
  if (!last) return { seek: null, rate: 1 };
  const [start, end] = last;
  const behind = end - at;
  if (at < start || behind > LOST || behind < -0.5) return { seek: Math.max(start, end - NEAR), rate: 1 };
  return { seek: null, rate: behind > FAR ? 1.15 : behind > 2 * NEAR ? 1.05 : 1 };
}

const KEPT = 20;

/** Up to where what was seen may be forgotten; null while that is not worth it. */
export function forgettable({ at, ranges }: Scene): number | null {
  const first = ranges[0];
  return first && at - first[0] > 2 * KEPT ? at - KEPT : null;
}
