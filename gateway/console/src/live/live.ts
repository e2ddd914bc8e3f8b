import { computed, ref, shallowRef, triggerRef, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { Incident, LiveMessage, Page } from "../api/types";
import type { GatewayClock } from "./clock";
import { Connection } from "./connection";
import { type ConnectionStatus, WakeDetector, isStale } from "./freshness";
import { addPage, keepIncident } from "./open";
import { type LiveState, emptyState, applyMessage } from "./state";

/** Changes may arrive by the hundred per second: the first is drawn at once, those after it this often (ms). */
const REDRAW_INTERVAL = 100;

export interface Live {
  state: ShallowRef<LiveState>;
  /** the gateway's time, ticking every second */
  now: Ref<number>;
  /** how many snapshots have come: another one follows a changed configuration */
  snapshots: Ref<number>;
  stale: ComputedRef<boolean>;
  /** milliseconds since the last message, null before the first */
  silentFor: ComputedRef<number | null>;
  start: () => void;
  /** The clock alone, for those who see no alarms. */
  startClock: () => void;
  stop: () => void;
  /** Clear the state: another user with other rights has signed in. */
  reset: () => void;
  reconnectNow: () => void;
  /** Show an incident that the API returned, unless the feed has brought one since `before`, which was shown then. */
  applyResponse: (incident: Incident, before: Incident | undefined) => void;
  /** Add a page of open incidents, asked for after that sort key. */
  addPage: (page: Page<Incident>, after: string | null) => void;
}

export interface LiveOptions {
  clock: GatewayClock;
  onMessage: () => void;
  onRefused: () => void;
}

/** The live state of the compound, kept current by the live WebSocket. */
export function createLive({ clock, onMessage, onRefused }: LiveOptions): Live {
  const state = shallowRef<LiveState>(emptyState());
  const status = shallowRef<ConnectionStatus>({ connected: false, lastMessageAt: null });
  const now = ref(clock.now());
  const snapshots = ref(0);
  const monotonic = ref(performance.now());
  let redraw: ReturnType<typeof setTimeout> | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;

  const wake = new WakeDetector();
  const tick = (): void => {
    now.value = clock.now();
    monotonic.value = performance.now();
  };
  let drawnAt = -Infinity;
  const draw = (): void => {
    clearTimeout(redraw);
    redraw = undefined;
    drawnAt = performance.now();
    triggerRef(state);
  };
  const show = (): void => {
    if (redraw !== undefined) return;
    const wait = drawnAt + REDRAW_INTERVAL - performance.now();
    if (wait <= 0) draw();
    else redraw = setTimeout(draw, wait);
  };
  const receive = (message: LiveMessage): void => {
    if (message.type === "snapshot") snapshots.value += 1;
    if (message.type === "beat") clock.beat(Date.parse(message.at));
    const changed = applyMessage(state.value, message) && message.type !== "beat";
    if (changed && message.type === "snapshot") draw();
    else if (changed) show();
    if (clock.now() - now.value >= 1000) tick(); // a hidden tab's timers hardly run
    onMessage();
  };
  const connection = new Connection({
    after: () => state.value.number,
    onMessage: receive,
    onStatus: (next) => {
      status.value = next;
      tick();
    },
    onRefused,
  });
  return {
    state,
    now,
    snapshots,
    stale: computed(() => isStale(status.value, monotonic.value)),
    silentFor: computed(() => (status.value.lastMessageAt === null ? null : monotonic.value - status.value.lastMessageAt)),
    startClock: () => {
      clearInterval(ticker);
      ticker = setInterval(tick, 1000);
    },
    start: () => {
      clearInterval(ticker);
      ticker = setInterval(() => {
        if (wake.slept(performance.now(), Date.now())) connection.restart();
        tick();
      }, 1000);
      connection.start();
    },
    stop: () => {
      connection.stop();
      status.value = { ...status.value, connected: false };
    },
    reset: () => {
      state.value = emptyState();
    },
    reconnectNow: () => connection.reconnectNow(),
    applyResponse: (incident, before) => {
      const { incidents, closedIncidents } = state.value;
      if (incidents.get(incident.id) !== before || closedIncidents.has(incident.id)) return;
      keepIncident(state.value, incident);
      draw();
    },
    addPage: (page, after) => {
      addPage(state.value, page, after);
      draw();
    },
  };
}
