/** Ends that are offered, in minutes. */
export const MINUTES = [30, 120] as const;
export type End = (typeof MINUTES)[number] | "shift" | "own";

const DAY = 24 * 60;

/** The minute of the day at that time, in the compound's time zone. */
function minuteOfDay(time: number, zone: string | undefined): number {
  const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(zone ? { timeZone: zone } : {}) });
  const [hour, minute] = format.format(time).split(":").map(Number) as [number, number];
  return hour * 60 + minute;
}

/** What an end depends on: the own time, when the shift ends, and the compound's time zone. */
export interface Times {
  own: string;
  shift: number | null;
  zone: string | undefined;
}

/** When a silence ends; null while the own time is not a time. An own time that has passed today is tomorrow's. */
export function endOf(end: End, { own, shift, zone }: Times, now: number): number | null {
  if (end === "shift") return shift;
  if (end !== "own") return now + end * 60_000;
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)/.exec(own) ?? [];
  if (hour === undefined) return null;
  const ahead = (Number(hour) * 60 + Number(minute) - minuteOfDay(now, zone) + DAY) % DAY || DAY;
  return Math.floor(now / 60_000) * 60_000 + ahead * 60_000;
}
