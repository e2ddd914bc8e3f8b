import type { AlertState, Health, Severity, Words } from "../api/types";

export interface Listed<T> {
  items: T[];
  more: number;
}

export interface LeftIncident {
  id: string;
  severity: Severity;
  state: AlertState;
  place_name: Words;
  reasons: Words;
  opened_at: string;
  open_alerts: number;
  assignee: string | null;
  held_until: string | null;
  remind_at: string | null;
  remind_note: string;
  notes: string[];
  drill: boolean;
  new: boolean;
}

export interface LeftSilence {
  id: string;
  source: string;
  reason: string;
  by: string;
  until: string;
  count: number;
  automatic: boolean;
}

export interface LeftDevice {
  id: string;
  name: string;
  place_name: Words;
  health: Health;
  since: string | null;
}

export interface HandoverReport {
  at: string;
  shift: string;
  began_at: string;
  ended_at: string | null;
  people_wanted: number;
  on_duty: string[];
  incidents: Listed<LeftIncident>;
  silences: Listed<LeftSilence>;
  out_of_order: Listed<LeftDevice>;
  taken: string[];
}

export interface UnsignedShift {
  shift: string;
  ended_at: string;
  due_at: string;
}

export interface CurrentHandover {
  report: HandoverReport;
  unsigned: UnsignedShift | null;
}

export interface HandoverSummary {
  number: number;
  at: string;
  shift: string;
  ended_at: string | null;
  outgoing: string;
  incoming: string;
  head: string;
}

export interface Signature {
  incoming: string;
  password: string;
  note: string;
  take: string[];
}
