/** Sound as the gateway speaks it: 16-bit samples, little-endian, one channel. */
export const RATE = 16_000;
/** Samples in one message: 20 ms. */
export const FRAME = 320;
/** Sound is played this long after it came (s), so that what comes late still comes in time… */
export const LEAD = 0.06;
/** …and what piled up beyond this (s) is left out: a conversation must not lag. */
export const MOST_AHEAD = 0.22;

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

/** How loud, 0 to 1: the root of the mean square, drawn apart where voices are. */
export function loudness(floats: Float32Array): number {
  let sum = 0;
  for (const value of floats) sum += value * value;
  return floats.length === 0 ? 0 : Math.min(1, Math.sqrt(Math.sqrt(sum / floats.length)));
}

/** What a level bar shows after a piece of 20 ms: up at once, down in half a second, so that the eye can follow. */
export const falling = (shown: number, now: number): number => Math.max(now, shown * 0.94 - 0.001, 0);

/** When the next piece is to sound, or null to leave it out. `end` is when the one before it ends, `now` the clock. */
export function nextStart(end: number, now: number): number | null {
  if (end < now) return now + LEAD;
  return end - now > MOST_AHEAD ? null : end;
}
