/** The gateway's audio format: 16-bit little-endian samples, one channel, this many per second. */
export const RATE = 16_000;
/** Samples in one message: 20 ms. */
export const FRAME = 320;
/** Sound is played this long (s) after it arrived, so that a message that is a little late leaves no gap. */
export const LEAD = 0.06;
/** Sound that would be played later than this (s) is dropped: a conversation must not lag. */
export const MAX_AHEAD = 0.22;

export function toFloats(bytes: ArrayBuffer): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes);
  const floats = new Float32Array(Math.floor(bytes.byteLength / 2));
  for (let index = 0; index < floats.length; index += 1) floats[index] = view.getInt16(index * 2, true) / 32_768;
  return floats;
}

export function toBytes(floats: Float32Array): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(floats.length * 2));
  floats.forEach((value, index) => {
    view.setInt16(index * 2, Math.max(-1, Math.min(1, value)) * 32_767, true);
  });
  return view.buffer;
}

/** Loudness, 0 to 1: the square root of the root mean square, which spreads the range of voices. */
export function loudness(floats: Float32Array): number {
  let sum = 0;
  for (const value of floats) sum += value * value;
  return floats.length === 0 ? 0 : Math.min(1, Math.sqrt(Math.sqrt(sum / floats.length)));
}

/** The level to show after 20 ms: rises at once and falls within half a second, so that the eye can follow. */
export const decayedLevel = (shown: number, now: number): number => Math.max(now, shown * 0.94 - 0.001, 0);

/** When to play the next piece, or null to drop it. `end` is when the piece before it ends, `now` the present time. */
export function nextStart(end: number, now: number): number | null {
  if (end < now) return now + LEAD;
  return end - now > MAX_AHEAD ? null : end;
}
