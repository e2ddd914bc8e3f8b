import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { Gateway } from "../api/gateway";
import type { Alert, Device, Silence } from "../api/types";
import type { Live } from "../live/live";
import { type Known, type News, newsBetween } from "./news";
import type { End } from "./until";

/** News that wait to be seen; older ones stand in the list. */
const MAX_NEWS = 20;
export const REASONS = 4;

/** What is about to be silenced. */
export type Subject = { alert: Alert } | { device: Device };

/** A guard's choices, until they are sent. `reason` is 1 to 4; 0: none yet. */
export interface SilenceChoice {
  source: number;
  reason: number;
  text: string;
  end: End;
  own: string;
}

export interface Silences {
  /** the next to end first */
  inForce: ComputedRef<Silence[]>;
  news: ShallowRef<readonly News[]>;
  /** how many news there have been: each is heard once */
  notices: Ref<number>;
  /** the list is open */
  listed: Ref<boolean>;
  /** about what the form asks */
  asking: ShallowRef<Subject | null>;
  choice: Ref<SilenceChoice>;
  pending: Ref<boolean>;
  error: Ref<string | null>;
  ask: (subject: Subject) => void;
  askAbout: (alert: Alert | null) => void;
  pickReason: (number: number) => boolean;
  begin: (source: string, reason: string, until: number) => Promise<void>;
  lift: (id: string) => Promise<void>;
  close: () => void;
  dismiss: () => void;
}

export interface SilencesOptions {
  gateway: Gateway;
  live: Live;
  onDuty: () => boolean;
  explain: (error: unknown) => string;
}

const emptyChoice = (): SilenceChoice => ({ source: 0, reason: 0, text: "", end: 30, own: "" });

/** Silenced sources: which there are, what happens to them, and the form for another. */
export function createSilences({ gateway, live, onDuty, explain }: SilencesOptions): Silences {
  const news = shallowRef<readonly News[]>([]);
  const notices = ref(0);
  const listed = ref(false);
  const asking = shallowRef<Subject | null>(null);
  const choice = ref(emptyChoice());
  const pending = ref(false);
  const error = ref<string | null>(null);

  let known: Known | null = null;
  watch(
    () => [live.state.value.silences, live.state.value.endedSilences, live.state.value.number === null] as const,
    ([silences, endedSilences, empty]) => {
      const fresh = known === null ? [] : newsBetween(known, { silences, endedSilences });
      known = empty ? null : { silences, endedSilences };
      if (empty) news.value = [];
      if (fresh.length === 0 || empty) return;
      news.value = [...news.value, ...fresh].slice(-MAX_NEWS);
      notices.value += fresh.length;
    },
  );

  const send = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (pending.value) return false;
    pending.value = true;
    error.value = null;
    try {
      await work();
      return true;
    } catch (cause) {
      error.value = explain(cause);
      return false;
    } finally {
      pending.value = false;
    }
  };
  const ask = (subject: Subject): void => {
    if (!onDuty()) return;
    choice.value = emptyChoice();
    error.value = null;
    asking.value = subject;
  };
  return {
    inForce: computed(() => [...live.state.value.silences.values()].sort((a, b) => Date.parse(a.until) - Date.parse(b.until))),
    news,
    notices,
    listed,
    asking,
    choice,
    pending,
    error,
    ask,
    askAbout: (alert) => {
      if (alert !== null && alert.state !== "closed" && !alert.drill) ask({ alert });
    },
    pickReason: (number) => {
      if (asking.value === null || number > REASONS) return false;
      choice.value.reason = number;
      return true;
    },
    begin: async (source, reason, until) => {
      if (await send(() => gateway.silence(source, reason, new Date(until).toISOString()))) asking.value = null;
    },
    lift: async (id) => {
      await send(() => gateway.liftSilence(id));
    },
    close: () => {
      asking.value = null;
      listed.value = false;
      error.value = null;
    },
    dismiss: () => {
      news.value = news.value.slice(1);
    },
  };
}
