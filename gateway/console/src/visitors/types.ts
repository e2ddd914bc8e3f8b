import type { Words } from "../api/types";

export type PassState = "open" | "early" | "over" | "used_up" | "revoked";

export interface VisitorPass {
  id: string;
  kind: string;
  kind_name: Words;
  place: string;
  place_name: Words;
  name: string;
  plate: string;
  from: string;
  until: string;
  doors: string[];
  uses: number | null;
  used: number;
  state: PassState;
  by: string;
  made_at: string;
  left_at: string | null;
}

/** What a pass of a kind may allow; lengths are in seconds. */
export interface PassKind {
  kind: string;
  name: Words;
  longest_s: number;
  usual_s: number;
  uses: number | null;
  hours: string | null;
}

export interface PassDraft {
  name: string;
  plate: string;
  from: string;
  until: string;
  doors: string[];
  kind: string;
  place: string;
}
