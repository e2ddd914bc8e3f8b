import { here } from "../api/base";
import type { Client } from "../api/client";
import { at } from "../api/query";
import type { ConsentList, Erasure, HouseholdPage, HouseholdRecord, ImportReport, Order, PeoplePage, RegisterChange, ResidentRequest } from "./types";

/** A year of households takes a while to read. */
const SLOW = 120_000;
const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const personPath = (person: string): string => `/api/v1/people/${encodeURIComponent(person)}`;
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

  requests = (state: string, after: string | null): Promise<{ items: ResidentRequest[]; next: number | null }> =>
    this.client.call("GET", at("/api/v1/resident/requests", { state, after }));

  answer = (id: string, step: "confirm" | "refuse", note: string): Promise<ResidentRequest> =>
    this.client.call("POST", `/api/v1/resident/requests/${encodeURIComponent(id)}/${step}`, { note });

  consents = (person: string): Promise<ConsentList> => this.client.call("GET", `${personPath(person)}/consents`);

  recordConsent = (person: string, consent: { kind: string; how: string; guardian: string; basis: string }): Promise<ConsentList> =>
    this.client.call("POST", `${personPath(person)}/consents`, consent);

  /** What it was for is deleted at once. */
  withdrawConsent = (person: string, kind: string): Promise<ConsentList> =>
    this.client.call("DELETE", `${personPath(person)}/consents/${encodeURIComponent(kind)}`);

  /** Everything about the person is deleted; it can't be undone. */
  erase = (person: string, why: string): Promise<Erasure> => this.client.call("POST", `${personPath(person)}/erasure`, { why });

  importFile = (file: File, dryRun: boolean, replace: boolean, why: string): Promise<ImportReport> => {
    // A computer without a spreadsheet program does not know the type of such a file.
    const typed = new Blob([file], { type: file.name.toLowerCase().endsWith(".xlsx") ? XLSX : "text/csv" });
    return this.client.call("POST", at("/api/v1/people/import", { dry_run: dryRun, replace, why }), typed, SLOW);
  };
}

/** The address of the register as a file, which the browser downloads. */
export const registerAddress = (kind: "csv" | "xlsx", why: string, language: string): string =>
  here(at(`/api/v1/people/export.${kind}`, { why, lang: language }));

/** The address of all that is kept about a person, which the browser downloads for the person. */
export const personDataAddress = (person: string, why: string): string => here(at(`${personPath(person)}/data.zip`, { why }));
