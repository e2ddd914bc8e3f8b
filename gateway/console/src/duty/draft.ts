import type { AskedEntry, DutyAnswer, DutyDraft } from "../patrol/types";

/** What stands in the form. Numbers are texts until they are sent. */
export interface FormState {
  people: string[];
  answers: Record<string, boolean | string | null>;
  note: string;
}

export const emptyForm = (entry: AskedEntry, user: string): FormState => ({
  people: [user],
  answers: Object.fromEntries(entry.items.map((item) => [item.id, null])),
  note: "",
});

/** Ids of the lines without a usable answer. */
export function missing(entry: AskedEntry, form: FormState): string[] {
  return entry.items.filter((item) => answerOf(item.kind, form.answers[item.id] ?? null) === null).map((item) => item.id);
}

/** Something is not in order and the note says nothing about it. */
export const needsNote = (entry: AskedEntry, form: FormState): boolean =>
  form.note.trim() === "" && entry.items.some((item) => item.kind === "tick" && form.answers[item.id] === false);

export function draftOf(entry: AskedEntry, form: FormState): DutyDraft {
  const answers: Record<string, DutyAnswer> = {};
  for (const item of entry.items) {
    const answer = answerOf(item.kind, form.answers[item.id] ?? null);
    if (answer !== null) answers[item.id] = answer;
  }
  return { key: entry.key, people: form.people, answers, note: form.note };
}

function answerOf(kind: string, value: boolean | string | null): DutyAnswer | null {
  if (typeof value === "boolean") return value;
  const text = (value ?? "").trim();
  if (text === "") return null;
  if (kind !== "number") return text;
  const figure = Number(text.replace(",", ".").replace("。", "."));
  return Number.isFinite(figure) ? figure : null;
}
