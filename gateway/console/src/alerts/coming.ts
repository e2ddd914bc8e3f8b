import type { Incident } from "../api/types";
import type { Messages } from "../i18n/zh";

/** What the screen's words and clock are for: the language, an age, a time of day. */
export interface Telling {
  t: Messages;
  pick: (words: { zh: string; en: string } | null) => string;
  age: (milliseconds: number) => string;
  clockTime: (time: string) => string;
}

/** When the next step comes and what it does, such as `1分20秒后通知值班主管`; empty when none comes. */
export function nextStep({ escalation }: Pick<Incident, "escalation">, now: number, { t, pick, age }: Telling): string {
  if (escalation.next_at === null) return "";
  const what = pick(escalation.next) || t.desk.escalates;
  const left = Date.parse(escalation.next_at) - now;
  return left > 0 ? t.desk.nextStep(age(left), what) : t.desk.nextNow(what);
}

/** What the steps so far did; empty before the first. */
export const stepsTaken = ({ escalation }: Pick<Incident, "escalation">, { t, pick }: Telling): string =>
  escalation.taken.length > 0 ? t.desk.taken(escalation.taken.map((words) => pick(words)).join(t.comma)) : "";

/** Until when it is on hold; empty when it is not. */
export const heldUntil = ({ state, held_until }: Pick<Incident, "state" | "held_until">, { t, clockTime }: Telling): string =>
  state === "on_hold" && held_until ? `${t.desk.held} ${clockTime(held_until)}` : "";

/** For this long (ms) a card says that it has reminded. */
export const REMINDED_FOR = 60_000;

export const justReminded = ({ reminded_at }: Pick<Incident, "reminded_at">, now: number): boolean =>
  reminded_at !== null && now - Date.parse(reminded_at) < REMINDED_FOR;

/** The reminder that has just come, else the one that a guard asked for; empty when there is none. */
export function reminder(incident: Pick<Incident, "state" | "remind_at" | "reminded_at" | "remind_note">, now: number, { t, clockTime }: Telling): string {
  if (incident.state === "closed") return "";
  if (justReminded(incident, now)) return `⏰ ${t.desk.reminded}`;
  const { remind_at: at, remind_note: note } = incident;
  return at && note ? `${t.desk.remindAt(clockTime(at))}${t.colon}${note}` : "";
}
