import { type ComputedRef, type Ref, computed, onUnmounted, ref, shallowRef, watch } from "vue";

import { isUntouched } from "../alerts/order";
import type { Tour } from "../api/types";
import type { AppContext } from "../shell/app";
import { type TourEvent, type TourState, advance, stepsOf } from "./tour";

export interface TourControl {
  tour: Ref<Tour | null>;
  state: Ref<TourState>;
  steps: ComputedRef<string[][]>;
  /** the cameras to show now */
  shown: ComputedRef<readonly string[]>;
  start: (tour: Tour | null) => void;
  on: (event: TourEvent) => void;
}

/** Runs a tour while the component is mounted. `pauses`: it stands still when an alarm comes. */
export function useTour({ live, desk }: AppContext, pauses: boolean): TourControl {
  const tour = shallowRef<Tour | null>(null);
  const state = ref<TourState>({ step: 0, phase: "running" });
  const known = computed(() => new Set([...live.state.value.devices.values()].filter((one) => one.type === "camera").map((one) => one.id)));
  const steps = computed(() => (tour.value ? stepsOf(tour.value, known.value) : []));
  let timer: ReturnType<typeof setTimeout> | undefined;

  const wait = (): void => {
    clearTimeout(timer);
    if (tour.value && state.value.phase === "running") timer = setTimeout(() => on("dwelt"), tour.value.dwell * 1000);
  };
  const on = (event: TourEvent): void => {
    state.value = advance(state.value, event, steps.value.length);
    wait();
  };
  const untouched = computed(() => desk.open.value.filter(isUntouched).map((alert) => alert.id));
  watch(untouched, (now, before) => {
    if (pauses && now.some((id) => !before.includes(id))) on("alarm");
  });
  onUnmounted(() => clearTimeout(timer));
  return {
    tour,
    state,
    steps,
    shown: computed(() => steps.value[state.value.step] ?? steps.value[0] ?? []),
    start: (next) => {
      tour.value = next;
      state.value = { step: 0, phase: "running" };
      wait();
    },
    on,
  };
}
