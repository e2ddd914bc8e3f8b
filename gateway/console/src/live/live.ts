import { computed, ref, shallowRef, triggerRef, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { Alert, LiveMessage } from "../api/types";
import type { GatewayClock } from "./clock";
import { Connection } from "./connection";
import { type Hearing, isStale } from "./freshness";
import { type Picture, emptyPicture, take, takeAnswer } from "./state";

/** Signals come by the hundred: the screen follows them this often, and alerts at once. */
const REDRAW_EVERY = 200;

export interface Live {
  picture: ShallowRef<Picture>;
  /** the gateway's time, ticking every second */
  now: Ref<number>;
  stale: ComputedRef<boolean>;
  /** milliseconds since the last message, null before the first */
  silentFor: ComputedRef<number | null>;
  start: () => void;
  stop: () => void;
  /** Forget all: somebody else with other rights looks now. */
  reset: () => void;
  hurry: () => void;
  answered: (alert: Alert) => void;
}

export interface LiveOptions {
  clock: GatewayClock;
  onMessage: () => void;
  onRefused: () => void;
}

export function createLive({ clock, onMessage, onRefused }: LiveOptions): Live {
  const picture = shallowRef<Picture>(emptyPicture());
  const hearing = shallowRef<Hearing>({ connected: false, heardAt: null });
  const now = ref(clock.now());
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
      triggerRef(picture);
    } else redraw ??= setTimeout(() => show(true), REDRAW_EVERY);
  };
  const hear = (message: LiveMessage): void => {
    if (message.type === "beat") clock.beat(Date.parse(message.at));
    if (take(picture.value, message) && message.type !== "beat") {
      show(message.type === "alert" || message.type === "snapshot");
    }
    tick();
    onMessage();
  };
  const connection = new Connection({
    after: () => picture.value.number,
    onMessage: hear,
    onHearing: (heard) => {
      hearing.value = heard;
      tick();
    },
    onRefused,
  });
  return {
    picture,
    now,
    stale: computed(() => isStale(hearing.value, monotonic.value)),
    silentFor: computed(() => (hearing.value.heardAt === null ? null : monotonic.value - hearing.value.heardAt)),
    start: () => {
      clearInterval(ticker);
      ticker = setInterval(tick, 1000);
      connection.start();
    },
    stop: () => {
      connection.stop();
      hearing.value = { ...hearing.value, connected: false };
    },
    reset: () => {
      picture.value = emptyPicture();
    },
    hurry: () => connection.hurry(),
    answered: (alert) => {
      takeAnswer(picture.value, alert);
      show(true);
    },
  };
}
