import type { Words } from "../api/types";

export type Listing = "resident" | "watch";
export const ROLES = ["owner", "tenant", "family", "carer", "resident", "staff", "other"] as const;
export type HouseholdRole = (typeof ROLES)[number];

export interface Stay {
  place: string;
  place_name: Words;
  role: string;
  since: string | null;
  until: string | null;
  current: boolean;
}

export interface FoundPerson {
  id: string;
  name: string;
  phone_end: string;
  list: Listing;
  matched: "name" | "room" | "plate" | "card" | "phone" | "initials";
  stays: Stay[];
  plates: string[];
}

export interface FoundRoom {
  place: string;
  place_name: Words;
  matched: "room" | "plate";
  people: number;
}

export interface PeoplePage {
  items: FoundPerson[];
  rooms: FoundRoom[];
  total: number;
  next: string | null;
}

export interface HouseholdBrief {
  place: string;
  place_name: Words;
  people: number;
  vehicles: number;
  cards: number;
}

export interface HouseholdPage {
  items: HouseholdBrief[];
  next: string | null;
}

export interface Member {
  id: string;
  membership: string;
  name: string;
  phone: string;
  id_number: string;
  born: string;
  role: string;
  since: string | null;
  until: string | null;
  current: boolean;
  list: Listing;
  faces: number;
  other_rooms: string[];
}

export interface HouseholdVehicle {
  plate: string;
  person: string | null;
  since: string | null;
  until: string | null;
  current: boolean;
  list: Listing;
}

export interface HouseholdCredential {
  id: string;
  kind: "card" | "pin";
  ending: string;
  person: string | null;
  since: string | null;
  until: string | null;
  current: boolean;
}

export interface HouseholdRecord {
  place: string;
  place_name: Words;
  version: string;
  people: Member[];
  former: Member[];
  vehicles: HouseholdVehicle[];
  cards: HouseholdCredential[];
  pins: HouseholdCredential[];
}

export interface RegisterChange {
  number: number;
  at: string;
  user: string;
  why: string;
  subject: string;
  subject_id: string;
  before: Record<string, string | null> | null;
  after: Record<string, string | null> | null;
}

/** A change of a room: `do` says what, the other keys depend on it. */
export type Order = { do: OrderKind } & Record<string, unknown>;
export type OrderKind =
  | "add_person"
  | "change_person"
  | "change_membership"
  | "move_out"
  | "change_tenant"
  | "add_vehicle"
  | "change_vehicle"
  | "end_vehicle"
  | "add_card"
  | "set_pin"
  | "end_credential";

export interface ResidentRequest {
  id: number;
  place: string;
  place_name: Words;
  registration: boolean;
  what: Words[];
  state: "open" | "confirmed" | "refused" | "withdrawn";
  at: string;
  answered_by: string;
  note: string;
}

export interface Consent {
  id: string;
  kind: string;
  kind_name: Words;
  version: string;
  given_at: string;
  how_name: Words;
  guardian: string;
  in_force: boolean;
}

export interface ConsentList {
  items: Consent[];
  texts: { kind: string; kind_name: Words; version: string }[];
}

export interface Erasure {
  id: string;
  done: boolean;
}

export interface ImportCount {
  added: number;
  changed: number;
  ended: number;
  unchanged: number;
}

export interface ImportChange {
  line: number | null;
  what: "person" | "membership" | "vehicle" | "card" | "pin";
  change: "added" | "changed" | "ended";
  place: string | null;
  place_name: Words | null;
  label: string;
  fields: string[];
}

export interface ImportReport {
  dry_run: boolean;
  applied: boolean;
  people: ImportCount;
  memberships: ImportCount;
  vehicles: ImportCount;
  cards: ImportCount;
  pins: ImportCount;
  total_changes: number;
  changes: ImportChange[];
  total_mistakes: number;
  mistakes: { line: number; what: string; fix: string }[];
}
