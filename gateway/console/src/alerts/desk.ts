import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from "vue";

import type { AlertAction, Gateway } from "../api/gateway";
import type { Alert, Disposition, Guard } from "../api/types";
import type { Live } from "../live/live";
import type { Route } from "../shell/route";
import { type Totals, afterClosing, isUntouched, mostUrgent, neighbour, queue, rank, totals } from "./order";
import { DISPOSITIONS, allows } from "./steps";

/** After a closing the next alert comes by itself; a second Enter meant for the first must not acknowledge it. */
const PAUSE_AFTER_ADVANCE = 1_000;

export type Mode = "closing" | "noting" | "assigning" | null;

const MODES: Record<Exclude<Mode, null>, AlertAction> = { closing: "close", noting: "note", assigning: "assign" };

export interface Desk {
  open: ComputedRef<Alert[]>;
  untouched: ComputedRef<Alert[]>;
  /** with those that did not come to this page */
  totals: ComputedRef<Totals>;
  urgent: ComputedRef<Alert | null>;
  /** the gravest untouched alert, when it is graver than the one looked at */
  graver: ComputedRef<Alert | null>;
  selected: ComputedRef<Alert | null>;
  mode: Ref<Mode>;
  picked: Ref<Disposition | null>;
  /** whom an alert may be given to; null until they are known */
  guards: Ref<readonly Guard[] | null>;
  /** whom it is to be given to */
  chosen: Ref<string | null>;
  note: Ref<string>;
  /** the picture fills the screen */
  enlarged: Ref<boolean>;
  /** the action under way on the selected alert */
  pending: Ref<AlertAction | null>;
  error: Ref<string | null>;
  select: (id: string | null) => void;
  /** Look elsewhere, if it is still this one that is looked at. */
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

/** The guard's hands: which alert is looked at, and what is being done about it. */
export function createDesk({ gateway, live, route, onDuty, explain }: DeskOptions): Desk {
  const open = computed(() => queue(live.picture.value.alerts.values()));
  const untouched = computed(() => open.value.filter(isUntouched));
  const urgent = computed(() => mostUrgent(open.value));
  const id = computed(() => (route.spot.value.view === "alerts" ? route.spot.value.id : null));
  const selected = computed(() => {
    if (id.value === null) return null;
    return live.picture.value.alerts.get(id.value) ?? live.picture.value.lately.get(id.value) ?? null;
  });
  const mode = ref<Mode>(null);
  const picked = ref<Disposition | null>(null);
  const guards = shallowRef<readonly Guard[] | null>(null);
  const chosen = ref<string | null>(null);
  const note = ref("");
  const enlarged = ref(false);
  const pending = ref<AlertAction | null>(null);
  const error = ref<string | null>(null);
  let advancedAt = -Infinity;

  const clear = (): void => {
    mode.value = null;
    picked.value = null;
    chosen.value = null;
    note.value = "";
    enlarged.value = false;
    error.value = null;
  };
  const select = (wanted: string | null): void => route.go("alerts", wanted);
  const finish = (answer: Alert, before: readonly Alert[]): void => {
    live.answered(answer);
    if (id.value !== answer.id) return;
    clear();
    if (answer.state !== "closed") return;
    advancedAt = performance.now();
    select(afterClosing(before, answer.id));
  };
  const body = (action: AlertAction): { disposition?: Disposition; note?: string; user?: string } => ({
    ...(note.value.trim() && (action === "close" || action === "note") ? { note: note.value.trim() } : {}),
    ...(action === "close" && picked.value ? { disposition: picked.value } : {}),
    ...(action === "assign" && chosen.value ? { user: chosen.value } : {}),
  });
  const act = async (action: AlertAction): Promise<void> => {
    const alert = selected.value;
    if (!onDuty() || alert === null || pending.value !== null || !allows(alert.state, action)) return;
    if (action === "acknowledge" && performance.now() - advancedAt < PAUSE_AFTER_ADVANCE) return;
    if (action === "close" && picked.value === null) return;
    if (action === "note" && !note.value.trim()) return;
    if (action === "assign" && chosen.value === null) return;
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

  const learnGuards = async (): Promise<void> => {
    try {
      guards.value = (await gateway.guards()).items;
    } catch (cause) {
      error.value = explain(cause);
    }
  };

  watch(id, clear);
  watch([id, live.picture], ([wanted]) => fetchMissing(wanted, live, gateway));
  return {
    open,
    untouched,
    totals: computed(() => totals(open.value, live.picture.value.counts)),
    urgent,
    graver: computed(() => graverThan(selected.value, urgent.value)),
    selected,
    mode,
    picked,
    guards,
    chosen,
    note,
    enlarged,
    pending,
    error,
    select,
    leave: (left) => {
      if (id.value === left) select(afterClosing(open.value, left));
    },
    step: (by) => select(neighbour(open.value, id.value, by)),
    begin: (wanted) => {
      if (wanted !== null && (!onDuty() || selected.value === null || !allows(selected.value.state, MODES[wanted]))) return;
      if (mode.value !== wanted) clear();
      if (wanted === "assigning" && mode.value !== wanted) void learnGuards();
      mode.value = wanted;
    },
    pick: (number) => {
      if (mode.value === "closing") picked.value = DISPOSITIONS[number - 1] ?? picked.value;
      const guard = mode.value === "assigning" ? guards.value?.[number - 1] : undefined;
      if (guard && guard.user !== selected.value?.assignee) chosen.value = guard.user;
    },
    act,
  };
}

/** One that was closed while the line was down, or named in the address, is asked for. */
async function fetchMissing(id: string | null, live: Live, gateway: Gateway): Promise<void> {
  const { alerts, lately, number } = live.picture.value;
  if (id === null || number === null || alerts.has(id) || lately.has(id)) return;
  try {
    live.answered(await gateway.alert(id));
  } catch {
    // gone or not ours to see: the panel says to choose another
  }
}

function graverThan(selected: Alert | null, urgent: Alert | null): Alert | null {
  if (urgent === null || selected === null || urgent.id === selected.id) return null;
  const graver = rank(selected.severity) - rank(urgent.severity);
  return graver > 0 || (graver === 0 && !isUntouched(selected)) ? urgent : null;
}
