import { onMounted, onUnmounted, shallowRef, watch, type ShallowRef } from "vue";

import type { AskedEntry } from "../patrol/types";
import type { AppContext } from "../shell/app";

const EVERY_MS = 30_000;

export interface Asked {
  /** oldest first */
  asked: ShallowRef<AskedEntry[]>;
  load: () => Promise<void>;
}

/** The entries of the duty log that are to be written now. */
export function useAsked({ gateway, live, sessions }: AppContext): Asked {
  const asked = shallowRef<AskedEntry[]>([]);
  const load = async (): Promise<void> => {
    if (!sessions.onDuty.value) {
      asked.value = [];
      return;
    }
    try {
      asked.value = (await gateway.dutyAsked()).items;
    } catch {
      // the connection's own banner says that the gateway does not answer; what was asked for stays on the screen
    }
  };
  const timer = setInterval(() => void load(), EVERY_MS);
  watch(
    () => live.state.value.signals.find((signal) => signal.kind === "duty.asked")?.id,
    () => void load(),
  );
  watch(sessions.session, () => void load());
  onMounted(() => void load());
  onUnmounted(() => clearInterval(timer));
  return { asked, load };
}
