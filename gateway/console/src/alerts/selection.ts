import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { Gateway } from "../api/gateway";
import type { Alert, Incident, IncidentDetail } from "../api/types";
import type { Live } from "../live/live";
import { bySortKey } from "../live/open";
import type { Route } from "../shell/route";
import { isUntouched, mostUrgent, neighbour, rank } from "./order";

/** Which incident is open, with its details, and which of its alerts is looked at. */
export interface Selection {
  /** open incidents on this page, the most urgent first */
  queue: ComputedRef<Incident[]>;
  urgent: ComputedRef<Incident | null>;
  /** the most urgent untouched one, when it is more urgent than the selected one */
  moreUrgent: ComputedRef<Incident | null>;
  selected: ComputedRef<Incident | null>;
  /** the selected incident's details; null until they are loaded */
  detail: ShallowRef<IncidentDetail | null>;
  alertId: Ref<string | null>;
  /** the alert that is looked at: the chosen one, else the one the incident is about */
  alert: ComputedRef<Alert | null>;
  /** how often something was selected: the list then shows it, also when it was selected before */
  selections: Ref<number>;
  /** By the id of an incident, or of an alert that is open. */
  select: (id: string | null) => void;
  step: (by: 1 | -1) => void;
  stepAlert: (by: 1 | -1) => void;
  /** Show details that the API returned. */
  show: (detail: IncidentDetail) => void;
  reload: () => Promise<void>;
}

export function createSelection(gateway: Gateway, live: Live, route: Route): Selection {
  const queue = computed(() => [...live.state.value.incidents.values()].sort(bySortKey));
  const urgent = computed(() => mostUrgent(queue.value));
  const id = computed(() => (route.current.value.view === "alerts" ? route.current.value.id : null));
  const detail = shallowRef<IncidentDetail | null>(null);
  const alertId = ref<string | null>(null);
  const selected = computed<Incident | null>(() => {
    if (id.value === null) return null;
    const { incidents, closedIncidents } = live.state.value;
    const loaded = detail.value?.id === id.value ? detail.value : null;
    return incidents.get(id.value) ?? closedIncidents.get(id.value) ?? loaded;
  });
  const alerts = computed(() => (detail.value && detail.value.id === id.value ? detail.value.alert_details : []));
  const alert = computed(() => alerts.value.find((one) => one.id === alertId.value) ?? mainAlert(alerts.value));
  const selections = ref(0);
  const select = (next: string | null): void => {
    selections.value += 1;
    const incident = next === null ? null : (live.state.value.alerts.get(next)?.incident ?? next);
    route.go("alerts", incident);
    alertId.value = incident === next ? null : next;
  };
  const show = (next: IncidentDetail): void => {
    if (next.id === id.value) detail.value = next;
  };
  const reload = createReload(gateway, live, id, show, (incident) => route.replace("alerts", incident));

  watch(id, () => {
    if (detail.value?.id !== id.value) detail.value = null;
    alertId.value = null;
  });
  // The card on the live feed says that something has changed; the details are asked for then.
  watch([id, () => live.state.value.incidents.get(id.value ?? "") ?? live.state.value.closedIncidents.get(id.value ?? ""), () => live.state.value.number !== null], () => void reload(), { immediate: true });
  return {
    queue,
    urgent,
    moreUrgent: computed(() => moreUrgentThan(selected.value, urgent.value)),
    selected,
    detail,
    alertId,
    alert,
    selections,
    select,
    step: (by) => select(neighbour(queue.value, id.value, by)),
    stepAlert: (by) => {
      alertId.value = neighbour(alerts.value, alert.value?.id ?? null, by);
    },
    show,
    reload,
  };
}

/** Milliseconds between two readings of the same incident's details, while it changes all the time. */
const READ_AGAIN_AFTER = 400;

/** Reads the details, one request at a time; whoever asks meanwhile has them read once more. */
function createReload(gateway: Gateway, live: Live, id: ComputedRef<string | null>, show: (detail: IncidentDetail) => void, redirect: (incident: string) => void): () => Promise<void> {
  let reading = false;
  let again = false;
  const once = async (wanted: string): Promise<void> => {
    try {
      show(await gateway.incident(wanted));
    } catch {
      // An address may name an alert, as messages to phones do; else it does not exist, and the panel says so.
      const alert = await gateway.alert(wanted).catch(() => null);
      if (alert?.incident && alert.incident !== wanted && id.value === wanted) redirect(alert.incident);
    }
  };
  return async () => {
    again = true;
    if (reading) return;
    reading = true;
    while (again && id.value !== null && live.state.value.number !== null) {
      again = false;
      const began = id.value;
      await once(began);
      if (again && id.value === began) await new Promise((done) => setTimeout(done, READ_AGAIN_AFTER));
    }
    reading = false;
  };
}

/** The most severe open alert, a new one first. */
function mainAlert(alerts: readonly Alert[]): Alert | null {
  const order = (one: Alert): number => (one.state === "closed" ? 100 : 0) + rank(one.severity) * 10 + Number(!isUntouched(one));
  return [...alerts].sort((a, b) => order(a) - order(b))[0] ?? null;
}

function moreUrgentThan(selected: Incident | null, urgent: Incident | null): Incident | null {
  if (urgent === null || selected === null || urgent.id === selected.id) return null;
  const difference = rank(selected.severity) - rank(urgent.severity);
  return difference > 0 || (difference === 0 && !isUntouched(selected)) ? urgent : null;
}
