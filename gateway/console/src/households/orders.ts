import type { Order, OrderKind } from "./types";

export interface Field {
  name: string;
  kind: "text" | "tel" | "date" | "role" | "person" | "check" | "pin";
  required?: boolean;
}

const text = (name: string, required = false): Field => ({ name, kind: "text", required });
const date = (name: string): Field => ({ name, kind: "date" });
const PERSON: Field = { name: "person", kind: "person" };
const DATES = [date("since"), date("until")];
const IDENTITY: Field[] = [text("name", true), { name: "phone", kind: "tel" }, text("id_number"), date("born")];
const ROLE: Field = { name: "role", kind: "role", required: true };

/** What is filled in for each change of a room. */
export const FIELDS: Record<OrderKind, readonly Field[]> = {
  add_person: [...IDENTITY, ROLE, ...DATES],
  change_person: IDENTITY,
  change_membership: [ROLE, ...DATES],
  move_out: [date("at")],
  change_tenant: [...IDENTITY, date("at"), date("until")],
  add_vehicle: [text("plate", true), PERSON, ...DATES, { name: "move", kind: "check" }],
  change_vehicle: [PERSON, ...DATES],
  end_vehicle: [date("at")],
  add_card: [text("number", true), PERSON, ...DATES],
  set_pin: [{ name: "pin", kind: "pin", required: true }, PERSON, ...DATES],
  end_credential: [date("at")],
};

export type Values = Record<string, string | boolean>;
/** Which person, vehicle or credential the change is about. */
export type Subject = Record<string, unknown>;

const CORRECTIONS: readonly OrderKind[] = ["change_person", "change_membership", "change_vehicle"];

/** The order that the values make. Of a correction an empty value removes what was there; else it is left out. */
export function orderOf(kind: OrderKind, values: Values, subject: Subject): Order {
  const corrects = CORRECTIONS.includes(kind);
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => corrects || (value !== "" && value !== false)));
  if (kind !== "change_tenant") return { do: kind, ...subject, ...given };
  const { at, ...tenant } = given;
  return { do: kind, people: [{ role: "tenant", ...tenant }], ...(at === undefined ? {} : { at }) };
}
