import { onMounted, onUnmounted, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";

import type { AppContext } from "../shell/app";
import type { DutyEntry, PatrolDay, PatrolRound } from "./types";

const EVERY_MS = 30_000;
const SOON_MS = 300;
/** Signals after which the rounds may look different. */
const CHANGES: ReadonlySet<string> = new Set(["patrol.opened", "checkpoint.scanned"]);

export interface Patrols {
  rounds: ShallowRef<PatrolRound[]>;
  days: ShallowRef<PatrolDay[]>;
  log: ShallowRef<DutyEntry[]>;
  error: Ref<string | null>;
  loaded: Ref<boolean>;
}

/** Rounds, days and duty log of the view that is open, kept current. */
export function usePatrols({ gateway, live, explain }: AppContext): Patrols {
  const rounds = shallowRef<PatrolRound[]>([]);
  const days = shallowRef<PatrolDay[]>([]);
  const log = shallowRef<DutyEntry[]>([]);
  const error = ref<string | null>(null);
  const loaded = ref(false);
  let soon: ReturnType<typeof setTimeout> | null = null;

  const load = async (): Promise<void> => {
    try {
      const [now, week, written] = await Promise.all([gateway.patrols(), gateway.patrolDays(7), gateway.dutyEntries(20)]);
      rounds.value = now.items;
      days.value = week.items;
      log.value = written.items;
      error.value = null;
    } catch (cause) {
      error.value = explain(cause);
    } finally {
      loaded.value = true;
    }
  };
  const timer = setInterval(() => void load(), EVERY_MS);
  watch(
    () => live.state.value.signals.find((signal) => CHANGES.has(signal.kind))?.id,
    () => {
      soon ??= setTimeout(() => {
        soon = null;
        void load();
      }, SOON_MS);
    },
  );
  onMounted(() => void load());
  onUnmounted(() => {
    clearInterval(timer);
    if (soon !== null) clearTimeout(soon);
  });
  return { rounds, days, log, error, loaded };
}
