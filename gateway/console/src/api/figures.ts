import type { Alert, Severity, Signal, Words } from "./types";

/** In a group `worthless` of `judged` alerts were closed as nuisance or as false. */
export interface Group {
  key: string;
  count: number;
  judged: number;
  worthless: number;
}

export interface ResponseTimes {
  shift: "day" | "night";
  severity: Severity | "all";
  what: "acknowledge" | "arrive";
  count: number;
  answered: number;
  within: number;
  p50_s: number | null;
  p95_s: number | null;
}

export interface Source {
  rule: string;
  device: string;
  place: string;
  count: number;
  avoidable: number;
  saved: number;
}

export interface Budget {
  alarms: number;
  a_day: number;
  days_over: number;
  in_ten_minutes: number;
  peak: { count: number; at: string | null };
  floods: number;
  flood_share: number;
  worst_floods: { begin: string; end: string | null; count: number }[];
  standing: number;
}

export interface Figures {
  begin: string;
  end: string;
  timezone: string;
  shifts: { day: string; night: string };
  alerts: number;
  drills: number;
  nuisance_share: number | null;
  dispositions: Record<string, number>;
  days: { day: string; count: number; worthless: number }[];
  hours: Group[];
  kinds: Group[];
  places: Group[];
  severities: Group[];
  rules: Group[];
  devices: Group[];
  responses: ResponseTimes[];
  budget: Budget;
  fix: { sources: Source[]; half_at: number | null };
  outages: { devices: { device: string; count: number; seconds: number; longest_s: number; is_away: boolean }[]; affected: number; seconds: number };
  zones: { never_restored: { device: string; rang: string | null }[]; never_rang: string[]; watched: number };
  silenced: { silences: number; automatic: number; kept_away: number };
  left_out: number;
  place_names: Record<string, Words>;
  device_names: Record<string, string>;
}

export interface Gauge {
  today: number;
  in_ten_minutes: number;
  flooded_since: string | null;
  standing: number;
  a_day_limit: number;
  in_ten_minutes_limit: number;
}

export interface TimelineEntry {
  at: string;
  signal: Signal | null;
  alert: Alert | null;
}

export interface AuditEntry {
  number: number;
  at: string;
  user: string;
  action: string;
  alert: string;
  note: string;
  data: Record<string, unknown>;
  hash: string;
}

export interface AuditChain {
  rows: number;
  head: string;
  broken_at: number | null;
  checked_at: string;
}
