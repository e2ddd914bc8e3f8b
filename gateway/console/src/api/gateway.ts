import type { Plan, PlanChange, PlanChangeRequest, PlacePosition } from "../plan/types";
import { here } from "./base";
import { Households } from "../households/api";
import type { CurrentHandover, HandoverSummary, Signature } from "../handover/types";
import type { PresenceReport } from "../presence/presence";
import type { AskedEntry, DutyDraft, DutyEntry, PatrolDay, PatrolRound } from "../patrol/types";
import type { PassDraft, PassKind, VisitorPass } from "../visitors/types";
import type { Client } from "./client";
import type { AuditChain, AuditEntry, Figures, Gauge, TimelineEntry } from "./figures";
import type {
  Alert,
  Arming,
  Compound,
  Data,
  DeskFacts,
  Device,
  Disposition,
  DrillPage,
  Guard,
  Incident,
  IncidentDetail,
  IncidentStepResult,
  IntercomCall,
  KeptSnapshot,
  LastCommand,
  Notifier,
  Page,
  PlaceName,
  QuarantinedMessage,
  Session,
  Signal,
  Silence,
  SilencePage,
} from "./types";
import { type Query, at } from "./query";
import type { IncidentProcedure, PhoneNumber, StepBody as ProcedureStepBody } from "./procedure";

export type AlertAction = "acknowledge" | "on-scene" | "hold" | "close" | "note" | "assign";

/** What a step needs; a hold ends after `minutes`. */
export interface StepBody {
  disposition?: Disposition;
  note?: string;
  user?: string;
  minutes?: number;
  override?: boolean;
}

const incidentPath = (id: string): string => `/api/v1/incidents/${encodeURIComponent(id)}`;


/** How long a calculation over a year may take, in milliseconds. */
const SLOW = 60_000;

/** The API requests of the guard room. */
export class Gateway {
  readonly households: Households;

  constructor(private readonly client: Client) {
    this.households = new Households(client);
  }

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

  /** Tells whoever reported it at a door plate. */
  answer = (id: string, note: string): Promise<Alert> =>
    this.client.call("POST", `/api/v1/alerts/${encodeURIComponent(id)}/answer`, { note });

  incident = (id: string): Promise<IncidentDetail> => this.client.call("GET", incidentPath(id));

  /** Open incidents, the most urgent first; `after` is the sort key of the last one known. */
  openIncidents = (after: string | null, limit: number): Promise<Page<Incident>> =>
    this.client.call("GET", at("/api/v1/incidents", { order: "urgency", after, limit }));

  stepIncident = (id: string, action: AlertAction, body: StepBody): Promise<IncidentStepResult> =>
    this.client.call("POST", `${incidentPath(id)}/${action}`, body);

  /** It reminds the desk of this in so many minutes. */
  remind = (id: string, note: string, minutes: number): Promise<IncidentDetail> =>
    this.client.call("POST", `${incidentPath(id)}/remind`, { note, minutes });

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

  passKinds = (): Promise<{ items: PassKind[] }> => this.client.call("GET", "/api/v1/passes/kinds");

  passes = (state: "open" | "ended", limit: number): Promise<Page<VisitorPass>> =>
    this.client.call("GET", at("/api/v1/passes", { state, limit }));

  makePass = (draft: PassDraft): Promise<{ id: string; url: string }> => this.client.call("POST", "/api/v1/passes", draft);

  revokePass = (id: string): Promise<void> => this.client.call("DELETE", `/api/v1/passes/${encodeURIComponent(id)}`);

  visitorLeft = (id: string): Promise<void> => this.client.call("POST", `/api/v1/passes/${encodeURIComponent(id)}/left`, {});

  /** The picture of a code that leads to the visitor's page. */
  passCode = (id: string): string => here(`/api/v1/passes/${encodeURIComponent(id)}/qr.svg`);

  /** Places whose name contains these words. */
  places = (find: string, limit: number): Promise<Page<PlaceName>> => this.client.call("GET", at("/api/v1/places", { find, limit }));

  procedure = (incident: string): Promise<IncidentProcedure> => this.client.call("GET", `${incidentPath(incident)}/procedure`);

  chooseProcedure = (incident: string, procedure: string, note: string): Promise<IncidentProcedure> =>
    this.client.call("POST", `${incidentPath(incident)}/procedure`, { procedure, note });

  takeStep = (incident: string, step: string, body: ProcedureStepBody): Promise<IncidentProcedure> =>
    this.client.call("POST", `${incidentPath(incident)}/procedure/steps/${encodeURIComponent(step)}`, body);

  /** The numbers of a call step; looking at them is put on record. */
  procedureNumbers = (incident: string, step: string): Promise<{ items: PhoneNumber[] }> =>
    this.client.call("POST", `${incidentPath(incident)}/procedure/steps/${encodeURIComponent(step)}/numbers`, {});

  guards = (): Promise<{ items: Guard[] }> => this.client.call("GET", "/api/v1/guards");

  signals = (query: { device?: string; kind?: string; after?: string | null }): Promise<Page<Signal>> =>
    this.client.call("GET", at("/api/v1/signals", query));

  quarantine = (after: string | null): Promise<Page<QuarantinedMessage>> =>
    this.client.call("GET", at("/api/v1/quarantine", { after }));

  devices = (): Promise<Page<Device>> => this.client.call("GET", "/api/v1/devices");

  figures = (dates: { from: string; to: string }): Promise<Figures> =>
    this.client.call("GET", at("/api/v1/figures", dates), undefined, SLOW);

  budget = (): Promise<{ gauge: Gauge }> => this.client.call("GET", "/api/v1/figures/budget");

  history = (query: Query): Promise<Page<Alert> & { complete: boolean }> => this.client.call("GET", at("/api/v1/history", query), undefined, SLOW);

  timeline = (query: Query): Promise<Page<TimelineEntry> & { about: string[]; complete: boolean }> =>
    this.client.call("GET", at("/api/v1/timeline", query), undefined, SLOW);

  audit = (query: Query): Promise<Page<AuditEntry> & { chain: AuditChain | null }> =>
    this.client.call("GET", at("/api/v1/audit", query), undefined, SLOW);

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

  reportPresence = (report: PresenceReport): Promise<void> => this.client.call("POST", "/api/v1/desk/presence", report);

  currentHandover = (): Promise<CurrentHandover> => this.client.call("GET", "/api/v1/handovers/current");

  /** Decisions at doors, newest first. */
  passages = <T>(door: string, after: string | null): Promise<{ items: T[]; next: string | null }> =>
    this.client.call("GET", at("/api/v1/access", { door, after }));

  handovers = (day: string, after: string | null): Promise<{ items: HandoverSummary[]; next: number | null }> =>
    this.client.call("GET", at("/api/v1/handovers", { day, after }));

  signHandover = (signature: Signature): Promise<HandoverSummary> => this.client.call("POST", "/api/v1/handovers", signature);

  /** `confirmed`: the guard has pressed twice, or the command needs no second press. */
  command = (device: string, action: string, values: Data, confirmed = true, reason = ""): Promise<{ id: string }> =>
    this.client.call("POST", `/api/v1/devices/${encodeURIComponent(device)}/commands`, {
      action,
      arguments: values,
      confirmed,
      ...(reason ? { reason } : {}),
    });

  announce = (id: string, reason = ""): Promise<{ items: { device: string; id: string }[] }> =>
    this.client.call("POST", `/api/v1/announcements/${encodeURIComponent(id)}`, { confirmed: true, ...(reason ? { reason } : {}) });

  lastCommands = (): Promise<{ items: LastCommand[] }> => this.client.call("GET", "/api/v1/commands/last");

  arming = (): Promise<{ items: Arming[] }> => this.client.call("GET", "/api/v1/arming");

  desk = (): Promise<DeskFacts> => this.client.call("GET", "/api/v1/desk");

  keepSnapshot = (camera: string, alert: string | null): Promise<KeptSnapshot> =>
    this.client.call("POST", `/api/v1/cameras/${encodeURIComponent(camera)}/snapshots`, alert ? { alert } : {});
}

/** The address of a list to take away; the browser downloads it. */
export const exportAddress = (kind: "csv" | "xlsx", dates: { from: string; to: string }, why: string, language: string): string =>
  here(at(`/api/v1/alerts.${kind}`, { ...dates, why, lang: language }));

/** The address of a printed report. */
export const reportAddress = (report: "morning" | "week", language: string): string => here(at(`/reports/${report}`, { lang: language }));

/** The WebSocket address of a call's audio. */
export const callSound = (page: { protocol: string; host: string }, call: string): string =>
  `${page.protocol === "https:" ? "wss" : "ws"}://${page.host}${here(`/api/v1/calls/${encodeURIComponent(call)}/audio`)}`;

export const cameraPicture = (camera: string): string => here(`/api/v1/cameras/${encodeURIComponent(camera)}/snapshot.jpg`);
