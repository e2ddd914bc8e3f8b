import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";

import type { AlertAction, Gateway } from "../api/gateway";
import type { Alert, Disposition, Guard } from "../api/types";
import type { Live } from "../live/live";
import type { Route } from "../shell/route";
import { type Totals, afterClosing, isUntouched, mostUrgent, neighbour, queue, rank, totals } from "./order";
import { DISPOSITIONS, allows } from "./steps";

/** After an alert is closed the next one is selected. A second Enter within this time (ms) must not acknowledge it. */
const ADVANCE_GUARD = 1_000;

export type Mode = "closing" | "noting" | "assigning" | null;

const ACTION_OF_MODE: Record<Exclude<Mode, null>, AlertAction> = { closing: "close", noting: "note", assigning: "assign" };

export interface Desk {
  open: ComputedRef<Alert[]>;
  untouched: ComputedRef<Alert[]>;
  /** including alerts that are not on this page */
  totals: ComputedRef<Totals>;
  urgent: ComputedRef<Alert | null>;
  /** the most urgent untouched alert, when it is more urgent than the selected one */
  moreUrgent: ComputedRef<Alert | null>;
  selected: ComputedRef<Alert | null>;
  mode: Ref<Mode>;
  disposition: Ref<Disposition | null>;
  /** to whom an alert may be assigned; null until loaded */
  guards: Ref<readonly Guard[] | null>;
  /** the user chosen for the assignment */
  assignee: Ref<string | null>;
  note: Ref<string>;
  /** the picture fills the screen */
  enlarged: Ref<boolean>;
  /** the action that was sent for the selected alert */
  pending: Ref<AlertAction | null>;
  error: Ref<string | null>;
  select: (id: string | null) => void;
  /** Select another alert, if this one is still selected. */
  leave: (id: string) => void;
  step: (by: 1 | -1) => void;
  begin: (mode: Mode) => void;
  pick: (number: number) => void;
  act: (action: AlertAction) => Promise<void>;
}

export interface DeskOptions {
  gateway: Gateway;
  live: Live;
  route: Route;
  onDuty: () => boolean;
  explain: (error: unknown) => string;
}

/** What the guard does with alerts: which one is selected, and the action on it. */
export function createDesk({ gateway, live, route, onDuty, explain }: DeskOptions): Desk {
  const open = computed(() => queue(live.state.value.alerts.values()));
  const untouched = computed(() => open.value.filter(isUntouched));
  const urgent = computed(() => mostUrgent(open.value));
  const id = computed(() => (route.current.value.view === "alerts" ? route.current.value.id : null));
  const selected = computed(() => {
    if (id.value === null) return null;
    return live.state.value.alerts.get(id.value) ?? live.state.value.recentlyClosed.get(id.value) ?? null;
  });
  const mode = ref<Mode>(null);
  const disposition = ref<Disposition | null>(null);
  const guards = shallowRef<readonly Guard[] | null>(null);
  const assignee = ref<string | null>(null);
  const note = ref("");
  const enlarged = ref(false);
  const pending = ref<AlertAction | null>(null);
  const error = ref<string | null>(null);
  let advancedAt = -Infinity;

  const clear = (): void => {
    mode.value = null;
    disposition.value = null;
    assignee.value = null;
    note.value = "";
    enlarged.value = false;
    error.value = null;
  };
  const select = (next: string | null): void => route.go("alerts", next);
  const finish = (result: Alert, before: readonly Alert[]): void => {
    live.applyResponse(result);
    if (id.value !== result.id) return;
    clear();
    if (result.state !== "closed") return;
    advancedAt = performance.now();
    select(afterClosing(before, result.id));
  };
  const body = (action: AlertAction): { disposition?: Disposition; note?: string; user?: string } => ({
    ...(note.value.trim() && (action === "close" || action === "note") ? { note: note.value.trim() } : {}),
    ...(action === "close" && disposition.value ? { disposition: disposition.value } : {}),
    ...(action === "assign" && assignee.value ? { user: assignee.value } : {}),
  });
  const act = async (action: AlertAction): Promise<void> => {
    const alert = selected.value;
    if (!onDuty() || alert === null || pending.value !== null || !allows(alert.state, action)) return;
    if (action === "acknowledge" && performance.now() - advancedAt < ADVANCE_GUARD) return;
    if (action === "close" && disposition.value === null) return;
    if (action === "note" && !note.value.trim()) return;
    if (action === "assign" && assignee.value === null) return;
    pending.value = action;
    error.value = null;
    const before = open.value;
    try {
      finish(await gateway.act(alert.id, action, body(action)), before);
    } catch (cause) {
      error.value = explain(cause);
    } finally {
      pending.value = null;
    }
  };

  const loadGuards = async (): Promise<void> => {
    try {
      guards.value = (await gateway.guards()).items;
    } catch (cause) {
      error.value = explain(cause);
    }
  };

  watch(id, clear);
  watch([id, live.state], ([alertId]) => fetchMissing(alertId, live, gateway));
  return {
    open,
    untouched,
    totals: computed(() => totals(open.value, live.state.value.counts)),
    urgent,
    moreUrgent: computed(() => moreUrgentThan(selected.value, urgent.value)),
    selected,
    mode,
    disposition,
    guards,
    assignee,
    note,
    enlarged,
    pending,
    error,
    select,
    leave: (alertId) => {
      if (id.value === alertId) select(afterClosing(open.value, alertId));
    },
    step: (by) => select(neighbour(open.value, id.value, by)),
    begin: (next) => {
      if (next !== null && (!onDuty() || selected.value === null || !allows(selected.value.state, ACTION_OF_MODE[next]))) return;
      if (mode.value !== next) clear();
      if (next === "assigning" && mode.value !== next) void loadGuards();
      mode.value = next;
    },
    pick: (number) => {
      if (mode.value === "closing") disposition.value = DISPOSITIONS[number - 1] ?? disposition.value;
      const guard = mode.value === "assigning" ? guards.value?.[number - 1] : undefined;
      if (guard && guard.user !== selected.value?.assignee) assignee.value = guard.user;
    },
    act,
  };
}

/** Loads an alert that was closed while the connection was lost, or that the address names. */
async function fetchMissing(id: string | null, live: Live, gateway: Gateway): Promise<void> {
  const { alerts, recentlyClosed, number } = live.state.value;
  if (id === null || number === null || alerts.has(id) || recentlyClosed.has(id)) return;
  try {
    live.applyResponse(await gateway.alert(id));
  } catch {
    // It does not exist or may not be seen: the panel asks to choose another.
  }
}

function moreUrgentThan(selected: Alert | null, urgent: Alert | null): Alert | null {
  if (urgent === null || selected === null || urgent.id === selected.id) return null;
  const difference = rank(selected.severity) - rank(urgent.severity);
  return difference > 0 || (difference === 0 && !isUntouched(selected)) ? urgent : null;
}
