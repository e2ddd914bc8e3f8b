import { describe, expect, it } from "vitest";

import { nextPoint, rowsOf } from "./table";
import type { BriefRound, PatrolRound } from "./types";

const words = { zh: "夜间", en: "Night" };
const brief = (due: string, round = "night"): BriefRound => ({
  key: `${round}@${due}`, round, name: words, due_at: due, state: "done", done: 1, total: 1, late: false, faults: [],
});
const timeOf = (iso: string): string => iso.slice(11, 16);

describe("the table of days", () => {
  it("has a row for each round and time, in order, with a gap where it was not due", () => {
    const rows = rowsOf(
      [
        { day: "2026-12-01", rounds: [brief("2026-12-01T22:00Z")] },
        { day: "2026-11-30", rounds: [brief("2026-11-30T22:00Z"), brief("2026-11-30T02:00Z")] },
      ],
      timeOf,
    );
    expect(rows.map((row) => [row.time, row.days.map((day) => day?.key ?? null)])).toEqual([
      ["02:00", [null, "night@2026-11-30T02:00Z"]],
      ["22:00", ["night@2026-12-01T22:00Z", "night@2026-11-30T22:00Z"]],
    ]);
  });
});

describe("where the guard goes next", () => {
  const point = (id: string, state: "open" | "done" | "missed") => ({ id, name: words, place: "p", state, marks: [], scan: null });
  const round = (state: PatrolRound["state"]): PatrolRound => ({
    ...brief("2026-11-30T22:00:00Z"), state, who: [],
    opens_at: "2026-11-30T21:45:00Z", begins_by: "2026-11-30T22:15:00Z", closes_at: "2026-11-30T23:00:00Z",
    checkpoints: [point("a", "done"), point("b", "open"), point("c", "open")],
  });
  it("is the first open checkpoint of a round that is walked", () => {
    expect(nextPoint(round("under_way"), 0)).toBe("b");
    expect(nextPoint(round("incomplete"), 0)).toBeNull();
  });
  it("is shown from when the round opens", () => {
    expect(nextPoint(round("waiting"), Date.parse("2026-11-30T21:44:00Z"))).toBeNull();
    expect(nextPoint(round("waiting"), Date.parse("2026-11-30T21:46:00Z"))).toBe("b");
  });
});
