import { computed, ref, shallowRef, triggerRef, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { Alert, LiveMessage } from "../api/types";
import type { GatewayClock } from "./clock";
import { Connection } from "./connection";
import { type ConnectionStatus, isStale } from "./freshness";
import { type LiveState, emptyState, applyMessage, applyResponse } from "./state";

/** Signals may arrive by the hundred per second: the screen is redrawn this often (ms) for them, and at once for alerts. */
const REDRAW_INTERVAL = 200;

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
  stop: () => void;
  /** Clear the state: another user with other rights has signed in. */
  reset: () => void;
  reconnectNow: () => void;
  /** Show an alert that the API returned, before the live feed brings it. */
  applyResponse: (alert: Alert) => void;
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

  const tick = (): void => {
    now.value = clock.now();
    monotonic.value = performance.now();
  };
  const show = (urgent: boolean): void => {
    if (urgent) {
      clearTimeout(redraw);
      redraw = undefined;
      triggerRef(state);
    } else redraw ??= setTimeout(() => show(true), REDRAW_INTERVAL);
  };
  const receive = (message: LiveMessage): void => {
    if (message.type === "snapshot") snapshots.value += 1;
    if (message.type === "beat") clock.beat(Date.parse(message.at));
    if (applyMessage(state.value, message) && message.type !== "beat") {
      show(message.type === "alert" || message.type === "snapshot");
    }
    tick();
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
    start: () => {
      clearInterval(ticker);
      ticker = setInterval(tick, 1000);
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
    applyResponse: (alert) => {
      applyResponse(state.value, alert);
      show(true);
    },
  };
}
