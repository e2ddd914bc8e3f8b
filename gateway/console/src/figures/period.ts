export type PeriodChoice = "today" | "week" | "month" | "quarter" | "own";
export const PERIOD_CHOICES: readonly PeriodChoice[] = ["today", "week", "month", "quarter", "own"];

export interface Dates {
  from: string;
  to: string;
}

const DAYS: Record<Exclude<PeriodChoice, "own">, number> = { today: 0, week: 6, month: 29, quarter: 89 };
const DAY = 24 * 3_600_000;

/** The calendar's day in that time zone, as 2026-11-30. */
export const dayIn = (milliseconds: number, timeZone: string | undefined): string =>
  new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", ...(timeZone ? { timeZone } : {}) }).format(milliseconds);

/** First and last day, both included. */
export function datesOf(choice: PeriodChoice, now: number, timeZone: string | undefined, own: Dates): Dates {
  if (choice === "own") return own;
  const to = dayIn(now, timeZone);
  return { from: dayBefore(to, DAYS[choice]), to };
}

export const dayBefore = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) - days * DAY).toISOString().slice(0, 10);

export const areDates = ({ from, to }: Dates): boolean => from !== "" && to !== "" && from <= to;
