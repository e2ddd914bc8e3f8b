import type { Words } from "./types";

export type StepKind = "check" | "call" | "question" | "command" | "announce";
export type StepRole = "desk" | "patrol" | "supervisor" | "engineer" | "manager" | "office";

export interface StepEntry {
  at: string;
  user: string;
  answer: string;
  answer_texts: Words | null;
  note: string;
}

export interface CommandTarget {
  device: string;
  name: string;
  /** whether the device takes this command */
  possible: boolean;
  state: "recorded" | "sent" | "done" | "failed" | null;
  why: Words | null;
}

export interface ProcedureStep {
  id: string;
  kind: StepKind;
  role: StepRole;
  texts: Words;
  mandatory: boolean;
  /** mandatory and not done: the incident can't be closed */
  blocking: boolean;
  opened_at: string;
  due_at: string | null;
  done_at: string | null;
  overdue: boolean;
  answer: string;
  answers: { id: string; texts: Words }[];
  call: { contact: string; names: Words; known: boolean } | null;
  command: { action: string; arguments: Record<string, unknown>; confirm: boolean; type: string | null; devices: CommandTarget[] } | null;
  announce: Words | null;
  entries: StepEntry[];
}

/** The procedure (预案) that holds for an incident, with its open steps in order. */
export interface Procedure {
  id: string;
  names: Words;
  started_at: string;
  chosen_by: string | null;
  chosen_at: string | null;
  reason: string;
  next: string | null;
  blocking: string[];
  steps: ProcedureStep[];
}

export interface IncidentProcedure {
  incident: string;
  at: string;
  procedure: Procedure | null;
  choices: { id: string; names: Words; applies: boolean }[];
}

export interface PhoneNumber {
  name: string;
  /** of a resident */
  role: string | null;
  phone: string;
}

export interface StepBody {
  answer?: string;
  note?: string;
  confirmed?: boolean;
  again?: boolean;
}
