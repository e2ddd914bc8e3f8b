import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { AlertAction, Gateway } from "../api/gateway";
import type { Alert, Incident, OpenCounts } from "../api/types";
import type { Live } from "../live/live";
import type { Route } from "../shell/route";
import { type Marked, type Report, createMarked, inParallel } from "./marked";
import { afterClosing, isUntouched, queue as byUrgency } from "./order";
import { type Selection, createSelection } from "./selection";
import { type Mode, type Scope, type StepForm, createStepForm, isDuration } from "./stepForm";
import { allows } from "./steps";

/** After an incident is closed the next one is selected. A second Enter within this time (ms) must not acknowledge it. */
const ADVANCE_GUARD = 1_000;
/** Requests at once when several incidents take a step. */
const AT_ONCE = 4;

const ACTION_OF_MODE: Partial<Record<Mode, AlertAction>> = { closing: "close", noting: "note", assigning: "assign", holding: "hold" };

export interface Desk extends Selection, Omit<StepForm, "body" | "pick" | "loadGuards" | "clear"> {
  /** open alerts on this page, the most urgent first */
  open: ComputedRef<Alert[]>;
  untouched: ComputedRef<Incident[]>;
  /** all open incidents, those that are not on this page included */
  totals: ComputedRef<OpenCounts>;
  marked: Marked;
  /** what the last step did not do */
  report: ShallowRef<Report | null>;
  /** the picture fills the screen */
  enlarged: Ref<boolean>;
  /** what was closed here last: the live feed may say so a moment later */
  finished: Ref<string | null>;
  /** the action that was sent */
  pending: Ref<AlertAction | "merge" | "split" | "remind" | null>;
  error: Ref<string | null>;
  /** Select another incident, if this one is still selected. */
  leave: (id: string) => void;
  /** Begin a step that needs a choice; null: leave it. */
  begin: (mode: Mode | null, scope?: Scope) => void;
  pick: (number: number) => void;
  act: (action: AlertAction, scope?: Scope) => Promise<void>;
  merge: (other: string) => Promise<void>;
  split: () => Promise<void>;
  /** Be reminded of the selected incident, of what `note` says. */
  remind: () => Promise<void>;
  /** Whether the step can be taken now. */
  may: (action: AlertAction, scope?: Scope) => boolean;
}

export interface DeskOptions {
  gateway: Gateway;
  live: Live;
  route: Route;
  onDuty: () => boolean;
  explain: (error: unknown) => string;
}

/** What the guard does with incidents: which one is selected, which are marked, and the step on them. */
export function createDesk({ gateway, live, route, onDuty, explain }: DeskOptions): Desk {
  const selection = createSelection(gateway, live, route);
  const form = createStepForm(gateway);
  const { queue, selected, detail, alert } = selection;
  const marked = createMarked(queue);
  const report = shallowRef<Report | null>(null);
  const enlarged = ref(false);
  const pending = ref<AlertAction | "merge" | "split" | "remind" | null>(null);
  const error = ref<string | null>(null);
  const finished = ref<string | null>(null);
  let advancedAt = -Infinity;

  const defaultScope = (): Scope => (marked.incidents.value.length > 0 ? "marked" : "incident");
  const targets = (scope: Scope): readonly { state: Alert["state"] }[] => {
    if (scope === "marked") return marked.incidents.value;
    const one = scope === "alert" ? alert.value : selected.value;
    return one === null ? [] : [one];
  };
  const may = (action: AlertAction, scope = defaultScope()): boolean =>
    onDuty() && pending.value === null && targets(scope).some((one) => allows(one.state, action));

  const send = async (name: NonNullable<typeof pending.value>, work: () => Promise<void>): Promise<void> => {
    pending.value = name;
    error.value = null;
    try {
      await work();
    } catch (cause) {
      error.value = explain(cause);
    } finally {
      pending.value = null;
    }
  };
  const advance = (closed: string, before: readonly Incident[]): void => {
    if (selected.value?.id !== closed) return;
    advancedAt = performance.now();
    finished.value = closed;
    selection.select(afterClosing(before, closed));
  };
  const stepOne = async (incident: Incident, action: AlertAction, body: object): Promise<Report["left"][number]> => {
    const before = live.state.value.incidents.get(incident.id);
    try {
      const result = await gateway.stepIncident(incident.id, action, body);
      live.applyResponse(result.incident, before);
      selection.show(result.incident);
      return { incident: result.incident, alerts: Object.values(result.not_applied), error: null };
    } catch (cause) {
      return { incident, alerts: [], error: explain(cause) };
    }
  };
  const stepMarked = async (incidents: readonly Incident[], action: AlertAction, body: object): Promise<void> => {
    const results = await inParallel(incidents, AT_ONCE, (one) => stepOne(one, action, body));
    report.value = { done: results.filter((one) => one.error === null).length, left: results.filter((one) => one.error !== null || one.alerts.length > 0) };
    marked.clear();
    form.clear();
  };
  const stepSelected = async (incident: Incident, action: AlertAction, body: object): Promise<void> => {
    const before = queue.value;
    const result = await stepOne(incident, action, body);
    error.value = result.error;
    if (result.error !== null) return;
    if (selected.value?.id === incident.id) form.clear();
    if (result.alerts.length > 0) report.value = { done: 1, left: [result] };
    if (result.incident.state === "closed") advance(incident.id, before);
  };
  const stepAlert = async (one: Alert, action: AlertAction, body: object): Promise<void> => {
    await gateway.act(one.id, action, body);
    form.clear();
    selection.alertId.value = null;
    await selection.reload();
  };
  const act = async (action: AlertAction, scope = form.mode.value ? form.scope.value : defaultScope()): Promise<void> => {
    if (!may(action, scope)) return;
    if (action === "acknowledge" && performance.now() - advancedAt < ADVANCE_GUARD) return;
    const body = form.body(action);
    if (body === null) return;
    report.value = null;
    await send(action, async () => {
      if (scope === "marked") await stepMarked(marked.incidents.value, action, body);
      else if (scope === "alert" && alert.value) await stepAlert(alert.value, action, body);
      else if (selected.value) await stepSelected(selected.value, action, body);
    });
  };
  const begin = (mode: Mode | null, scope = defaultScope()): void => {
    const action = mode && ACTION_OF_MODE[mode];
    if (action && !may(action, scope)) return;
    if (mode !== null && !action && (!onDuty() || selected.value === null || selected.value.state === "closed")) return;
    if (mode === "reminding" && selected.value?.state === "new") return;
    if (mode === "splitting" && (detail.value?.alerts.length ?? 0) < 2) return;
    if (form.mode.value !== mode || form.scope.value !== scope) form.clear();
    error.value = null;
    report.value = null;
    form.scope.value = scope;
    form.mode.value = mode;
    if (mode === "assigning") void form.loadGuards().catch((cause: unknown) => (error.value = explain(cause)));
  };

  watch(
    () => selected.value?.id,
    () => {
      if (form.scope.value !== "marked") form.clear();
      enlarged.value = false;
      error.value = null;
    },
  );
  return {
    ...selection,
    ...form,
    open: computed(() => byUrgency(live.state.value.alerts.values())),
    untouched: computed(() => queue.value.filter(isUntouched)),
    totals: computed(() => live.state.value.incidentCounts),
    marked,
    report,
    enlarged,
    finished,
    pending,
    error,
    may,
    leave: (id) => {
      if (selected.value?.id === id) selection.select(afterClosing(queue.value, id));
    },
    begin,
    pick: (number) => form.pick(number, form.scope.value === "incident" ? (selected.value?.assignee ?? null) : null),
    act,
    merge: (other) =>
      send("merge", async () => {
        if (selected.value === null) return;
        selection.show(await gateway.merge(selected.value.id, other));
        form.clear();
      }),
    remind: async () => {
      const [note, minutes, incident] = [form.note.value.trim(), form.minutes.value, selected.value];
      if (incident === null || note === "" || !isDuration(minutes) || pending.value !== null) return;
      await send("remind", async () => {
        selection.show(await gateway.remind(incident.id, note, minutes));
        form.clear();
      });
    },
    split: () =>
      send("split", async () => {
        if (selected.value === null || alert.value === null) return;
        await gateway.split(selected.value.id, [alert.value.id]);
        form.clear();
        selection.alertId.value = null;
        await selection.reload();
      }),
  };
}
