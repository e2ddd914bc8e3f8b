import type { BriefRound, PatrolDay, PatrolRound, RoundState } from "./types";

/** The sign of a state: colour is never the only one. */
export const SIGNS: Record<RoundState, string> = { waiting: "○", under_way: "➤", done: "✓", incomplete: "✕", missed: "✕" };

export const isBad = (state: RoundState): boolean => state === "missed" || state === "incomplete";

/** A row of the table of days: one round at one time of day, and how it went on each day (null: it was not due). */
export interface RoundRow {
  id: string;
  round: BriefRound;
  time: string;
  days: (BriefRound | null)[];
}

/** Rounds as rows, in order of their time; the days as columns, in the given order. */
export function rowsOf(days: readonly PatrolDay[], timeOf: (iso: string) => string): RoundRow[] {
  const rows = new Map<string, RoundRow>();
  days.forEach((day, column) => {
    for (const round of day.rounds) {
      const time = timeOf(round.due_at);
      const id = `${time} ${round.round}`;
      const row = rows.get(id) ?? { id, round, time, days: days.map(() => null) };
      row.days[column] = round;
      rows.set(id, row);
    }
  });
  return [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The first checkpoint that is still to come, of a round that is walked or due: where the guard goes next. */
export function nextPoint(round: PatrolRound, now: number): string | null {
  const open = round.state === "under_way" || (round.state === "waiting" && Date.parse(round.opens_at) <= now);
  return open ? (round.checkpoints.find((point) => point.state === "open")?.id ?? null) : null;
}
