import type { Messages } from "./zh";

/** A duration as text. A negative one (a clock was set back) counts as zero. */
export function age(words: Messages["ago"], milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return words.second(seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return words.minute(minutes, seconds % 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return words.hour(hours, minutes % 60);
  return words.day(Math.floor(hours / 24), hours % 24);
}
