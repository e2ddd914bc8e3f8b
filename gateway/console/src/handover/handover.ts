import { onMounted, onUnmounted, ref, watch, type Ref } from "vue";

import type { AppContext } from "../shell/app";
import type { CurrentHandover, UnsignedShift } from "./types";

const EVERY = 60_000;

/** The unsigned shift, asked for once a minute while somebody on duty is signed in. */
export function useUnsigned({ gateway, sessions, route }: AppContext): Ref<UnsignedShift | null> {
  const unsigned = ref<UnsignedShift | null>(null);
  const ask = async (): Promise<void> => {
    if (!sessions.onDuty.value || sessions.status.value !== "in") return;
    try {
      unsigned.value = (await gateway.currentHandover()).unsigned;
    } catch {
      return; // the next minute asks again; a lost connection has its own banner
    }
  };
  let timer = 0;
  onMounted(() => {
    void ask();
    timer = window.setInterval(() => void ask(), EVERY);
  });
  onUnmounted(() => window.clearInterval(timer));
  watch(route.current, () => void ask());
  return unsigned;
}

/** What the incoming guard takes over at first: all that somebody has in hand. */
export const inHand = (current: CurrentHandover): string[] =>
  current.report.incidents.items.filter((incident) => !incident.new).map((incident) => incident.id);
