import type { Disposition, Severity } from "../api/types";

/** What is looked for; empty texts look for nothing. Dates are days of the compound's calendar, both included. */
export interface Search {
  from: string;
  to: string;
  words: string;
  place: string;
  device: string;
  kind: string;
  guard: string;
  person: string;
  plate: string;
  why: string;
  severity: Severity | "";
  disposition: Disposition | "";
}

export const EMPTY: Search = { from: "", to: "", words: "", place: "", device: "", kind: "", guard: "", person: "", plate: "", why: "", severity: "", disposition: "" };

/** Without a period the history goes back as far as one request may: 400 days. */
const LONGEST_DAYS = 399;
const DAY = 24 * 3_600_000;

export const needsReason = (search: Search): boolean => (search.person !== "" || search.plate !== "") && search.why.trim() === "";

/** The query of a request; a missing beginning is as early as allowed. */
export function queryOf(search: Search, now: number): Record<string, string> {
  const given = Object.fromEntries(Object.entries(search).map(([key, value]) => [key, value.trim()]));
  return { ...given, from: search.from || earliest(search.to, now) } as Record<string, string>;
}

/** The first day that may be asked for, with that last day or today. */
export const earliest = (to: string, now: number): string =>
  new Date((to === "" ? now : Date.parse(`${to}T00:00:00Z`)) - LONGEST_DAYS * DAY).toISOString().slice(0, 10);
