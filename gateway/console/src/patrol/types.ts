import type { Words } from "../api/types";

export type RoundState = "waiting" | "under_way" | "done" | "incomplete" | "missed";

export interface PatrolPoint {
  id: string;
  name: Words;
  place: string;
  state: "open" | "done" | "missed";
  marks: string[];
  scan: { user: string; at: string; received_at: string; by: string; late: boolean } | null;
}

export interface BriefRound {
  key: string;
  round: string;
  name: Words;
  due_at: string;
  state: RoundState;
  done: number;
  total: number;
  late: boolean;
  faults: Words[];
}

export interface PatrolRound extends Omit<BriefRound, "late"> {
  opens_at: string;
  begins_by: string;
  closes_at: string;
  who: string[];
  checkpoints: PatrolPoint[];
}

export interface PatrolDay {
  day: string;
  rounds: BriefRound[];
}

export interface DutyItem {
  id: string;
  text: Words;
  kind: "tick" | "yes_no" | "number" | "text";
}

export type DutyAnswer = boolean | number | string;

export interface AskedEntry {
  key: string;
  log: string;
  name: Words;
  place: string;
  place_name: Words;
  due_at: string;
  until: string;
  late: boolean;
  people: number;
  items: DutyItem[];
}

export interface DutyEntry {
  number: number;
  key: string;
  log: string;
  name: Words;
  place: string;
  due_at: string;
  at: string;
  late: boolean;
  user: string;
  people: string[];
  needed: number;
  items: DutyItem[];
  answers: Record<string, DutyAnswer>;
  note: string;
}

export interface DutyDraft {
  key: string;
  people: string[];
  answers: Record<string, DutyAnswer>;
  note: string;
}
