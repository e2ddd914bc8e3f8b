import type { Plan, PlanChange, PlanChangeRequest, PlacePosition } from "../plan/types";
import { here } from "./base";
import type { AskedEntry, DutyDraft, DutyEntry, PatrolDay, PatrolRound } from "../patrol/types";
import type { Client } from "./client";
import type { Alert, Compound, Data, Device, Disposition, DrillPage, Guard, Incident, IncidentDetail, IncidentStepResult, IntercomCall, Notifier, Page, PlaceName, Session, Signal, Silence, SilencePage, QuarantinedMessage } from "./types";

export type AlertAction = "acknowledge" | "on-scene" | "hold" | "close" | "note" | "assign";

/** What a step needs; `until` ends a hold. */
export interface StepBody {
  disposition?: Disposition;
  note?: string;
  user?: string;
  until?: string;
}

const incidentPath = (id: string): string => `/api/v1/incidents/${encodeURIComponent(id)}`;

const at = (path: string, query: Record<string, string | number | null | undefined>): string => {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") parameters.set(key, String(value));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
};

/** The API requests of the guard room. */
export class Gateway {
  constructor(private readonly client: Client) {}

  session = (): Promise<Session> => this.client.call("GET", "/api/v1/session");

  signIn = (user: string, password: string): Promise<Session> =>
    this.client.call("POST", "/api/v1/session", { user, password });

  signOut = (): Promise<void> => this.client.call("DELETE", "/api/v1/session");

  compound = (): Promise<Compound> => this.client.call("GET", "/api/v1/compound");

  alert = (id: string): Promise<Alert> => this.client.call("GET", `/api/v1/alerts/${encodeURIComponent(id)}`);

  alerts = (state: string, after: string | null, limit: number): Promise<Page<Alert>> =>
    this.client.call("GET", at("/api/v1/alerts", { state, after, limit }));

  act = (id: string, action: AlertAction, body: StepBody): Promise<Alert> =>
    this.client.call("POST", `/api/v1/alerts/${encodeURIComponent(id)}/${action}`, body);

  incident = (id: string): Promise<IncidentDetail> => this.client.call("GET", incidentPath(id));

  /** Open incidents, the most urgent first; `after` is the sort key of the last one known. */
  openIncidents = (after: string | null, limit: number): Promise<Page<Incident>> =>
    this.client.call("GET", at("/api/v1/incidents", { order: "urgency", after, limit }));

  stepIncident = (id: string, action: AlertAction, body: StepBody): Promise<IncidentStepResult> =>
    this.client.call("POST", `${incidentPath(id)}/${action}`, body);

  /** The alerts of `other` join the incident. */
  merge = (id: string, other: string): Promise<IncidentDetail> =>
    this.client.call("POST", `${incidentPath(id)}/merge`, { incident: other });

  /** Returns the new incident of the alerts that were taken out. */
  split = (id: string, alerts: readonly string[]): Promise<IncidentDetail> =>
    this.client.call("POST", `${incidentPath(id)}/split`, { alerts });

  silences = (ended: boolean, after: string | null): Promise<SilencePage> =>
    this.client.call("GET", at("/api/v1/silences", { ended: ended ? "true" : null, after, limit: 50 }));

  silence = (source: string, reason: string, until: string): Promise<Silence> =>
    this.client.call("POST", "/api/v1/silences", { source, reason, until });

  liftSilence = (id: string): Promise<void> => this.client.call("DELETE", `/api/v1/silences/${encodeURIComponent(id)}`);

  drills = (after: string | null): Promise<DrillPage> => this.client.call("GET", at("/api/v1/drills", { after }));

  startDrill = (kind: string, place: string): Promise<{ number: number }> =>
    this.client.call("POST", "/api/v1/drills", { kind, place });

  /** Places whose name contains these words. */
  places = (find: string, limit: number): Promise<Page<PlaceName>> => this.client.call("GET", at("/api/v1/places", { find, limit }));

  guards = (): Promise<{ items: Guard[] }> => this.client.call("GET", "/api/v1/guards");

  signals = (query: { device?: string; kind?: string; after?: string | null }): Promise<Page<Signal>> =>
    this.client.call("GET", at("/api/v1/signals", query));

  quarantine = (after: string | null): Promise<Page<QuarantinedMessage>> =>
    this.client.call("GET", at("/api/v1/quarantine", { after }));

  devices = (): Promise<Page<Device>> => this.client.call("GET", "/api/v1/devices");

  plan = (): Promise<Plan> => this.client.call("GET", "/api/v1/plan");

  planPlaces = (drawing: string): Promise<Page<PlacePosition>> =>
    this.client.call("GET", `/api/v1/plan/drawings/${encodeURIComponent(drawing)}/places`);

  changePlan = (change: PlanChangeRequest): Promise<PlanChange> => this.client.call("PUT", "/api/v1/plan", change);

  notifiers = (): Promise<Page<Notifier>> => this.client.call("GET", "/api/v1/notifiers");
  patrols = (): Promise<{ day: string; items: PatrolRound[] }> => this.client.call("GET", "/api/v1/patrols");

  patrolDays = (days: number): Promise<{ items: PatrolDay[] }> => this.client.call("GET", at("/api/v1/patrols/days", { days }));

  dutyAsked = (): Promise<{ items: AskedEntry[] }> => this.client.call("GET", "/api/v1/duty");

  dutyEntries = (limit: number): Promise<Page<DutyEntry>> => this.client.call("GET", at("/api/v1/duty/entries", { limit }));

  writeDuty = (draft: DutyDraft): Promise<DutyEntry> => this.client.call("POST", "/api/v1/duty/entries", draft);

  calls = (): Promise<{ items: IntercomCall[] }> => this.client.call("GET", "/api/v1/calls");

  command = (device: string, action: string, values: Data): Promise<{ id: string }> =>
    this.client.call("POST", `/api/v1/devices/${encodeURIComponent(device)}/commands`, { action, arguments: values });
}

/** The WebSocket address of a call's audio. */
export const callSound = (page: { protocol: string; host: string }, call: string): string =>
  `${page.protocol === "https:" ? "wss" : "ws"}://${page.host}${here(`/api/v1/calls/${encodeURIComponent(call)}/audio`)}`;

export const cameraPicture = (camera: string): string => here(`/api/v1/cameras/${encodeURIComponent(camera)}/snapshot.jpg`);
