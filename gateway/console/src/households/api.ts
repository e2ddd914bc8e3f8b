import { here } from "../api/base";
import type { Client } from "../api/client";
import { at } from "../api/query";
import type { HouseholdPage, HouseholdRecord, ImportReport, Order, PeoplePage, RegisterChange } from "./types";

/** A year of households takes a while to read. */
const SLOW = 120_000;
const room = (place: string): string => `/api/v1/households/${place.split("/").map(encodeURIComponent).join("/")}`;

/** The requests about the register of households. */
export class Households {
  constructor(private readonly client: Client) {}

  search = (q: string, after: string | null): Promise<PeoplePage> => this.client.call("GET", at("/api/v1/people", { q, after }));

  rooms = (find: string, state: string, after: string | null): Promise<HouseholdPage> =>
    this.client.call("GET", at("/api/v1/households", { find, state, after, limit: 100 }));

  record = (place: string): Promise<HouseholdRecord> => this.client.call("GET", room(place));

  history = (place: string, after: string | null): Promise<{ items: RegisterChange[]; next: string | null }> =>
    this.client.call("GET", at(`${room(place)}/history`, { after }));

  /** All of the changes or none; refused when somebody else has changed the room since `version`. */
  change = (place: string, version: string, why: string, changes: Order[]): Promise<HouseholdRecord> =>
    this.client.call("POST", `${room(place)}/changes`, { version, why, changes });

  importFile = (file: Blob, dryRun: boolean, replace: boolean, why: string): Promise<ImportReport> =>
    this.client.call("POST", at("/api/v1/people/import", { dry_run: dryRun, replace, why }), file, SLOW);
}

/** The address of the register as a file, which the browser downloads. */
export const registerAddress = (kind: "csv" | "xlsx", why: string, language: string): string =>
  here(at(`/api/v1/people/export.${kind}`, { why, lang: language }));
