import { onBeforeUnmount, onMounted, shallowRef, watch, type ShallowRef } from "vue";

import type { Gauge } from "../api/figures";
import { useApp } from "../shell/app";

const EVERY = 30_000;
const SOON = 1_500;

/** The alarm budget, asked for every half minute and soon after an alert came. Null while it is not known. */
export function useGauge(): ShallowRef<Gauge | null> {
  const { gateway, live } = useApp();
  const gauge = shallowRef<Gauge | null>(null);
  let soon: ReturnType<typeof setTimeout> | null = null;
  const ask = async (): Promise<void> => {
    soon = null;
    gauge.value = await gateway.budget().then(
      (answer) => answer.gauge,
      () => null, // what is old must not look like the present
    );
  };
  const askSoon = (): void => {
    soon ??= setTimeout(() => void ask(), SOON);
  };
  let timer: ReturnType<typeof setInterval> | null = null;
  onMounted(() => {
    void ask();
    timer = setInterval(() => void ask(), EVERY);
  });
  watch(() => live.state.value.alerts.size, askSoon);
  onBeforeUnmount(() => {
    if (timer !== null) clearInterval(timer);
    if (soon !== null) clearTimeout(soon);
  });
  return gauge;
}
