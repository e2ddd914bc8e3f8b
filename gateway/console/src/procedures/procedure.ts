import { computed, onUnmounted, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { IncidentProcedure, PhoneNumber, ProcedureStep, StepBody } from "../api/procedure";
import type { AppContext } from "../shell/app";

/** A command's answer arrives without a change of the incident: it is asked for again after these milliseconds. */
const ASK_AGAIN = 1_500;

export interface ProcedureState {
  shown: ShallowRef<IncidentProcedure | null>;
  /** the step that the guard sees large: the one chosen, else the next */
  active: ComputedRef<ProcedureStep | null>;
  /** the numbers of the active call step, once they were asked for */
  numbers: ShallowRef<readonly PhoneNumber[] | null>;
  confirming: Ref<boolean>;
  note: Ref<string>;
  pending: Ref<boolean>;
  error: Ref<string | null>;
  select: (step: string) => void;
  take: (body: StepBody) => Promise<void>;
  look: () => Promise<void>;
  choose: (procedure: string, reason: string) => Promise<boolean>;
}

/** The procedure of one incident: follows `changed`, and sends what the guard does. */
export function useProcedure(app: AppContext, incident: () => string, changed: () => unknown): ProcedureState {
  const shown = shallowRef<IncidentProcedure | null>(null);
  const chosen = ref<string | null>(null);
  const numbers = shallowRef<readonly PhoneNumber[] | null>(null);
  const confirming = ref(false);
  const note = ref("");
  const pending = ref(false);
  const error = ref<string | null>(null);
  const steps = computed(() => shown.value?.procedure?.steps ?? []);
  const active = computed(() => {
    const procedure = shown.value?.procedure;
    return steps.value.find((step) => step.id === (chosen.value ?? procedure?.next)) ?? null;
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  onUnmounted(() => clearTimeout(timer));

  const reset = (): void => {
    chosen.value = null;
    numbers.value = null;
    confirming.value = false;
    note.value = "";
  };
  const show = (next: IncidentProcedure): void => {
    if (next.incident !== incident()) return; // the guard has gone on to another one
    shown.value = next;
    clearTimeout(timer);
    if (awaitsAnswer(next)) timer = setTimeout(() => void refresh(), ASK_AGAIN);
  };
  const refresh = async (): Promise<void> => {
    try {
      show(await app.gateway.procedure(incident()));
    } catch (cause) {
      error.value = app.explain(cause);
    }
  };
  const send = async (work: () => Promise<IncidentProcedure>): Promise<boolean> => {
    if (pending.value) return false;
    pending.value = true;
    error.value = null;
    try {
      const next = await work();
      reset();
      show(next);
      return true;
    } catch (cause) {
      error.value = app.explain(cause);
      return false;
    } finally {
      pending.value = false;
    }
  };
  const look = async (): Promise<void> => {
    const step = active.value;
    if (step === null) return;
    try {
      const found = (await app.gateway.procedureNumbers(incident(), step.id)).items;
      if (active.value?.id === step.id) numbers.value = found;
    } catch (cause) {
      error.value = app.explain(cause);
    }
  };
  watch(incident, () => {
    reset();
    shown.value = null;
    error.value = null;
  });
  watch(changed, () => void refresh(), { immediate: true });
  return {
    shown,
    active,
    numbers,
    confirming,
    note,
    pending,
    error,
    select: (step) => {
      reset();
      chosen.value = step;
    },
    take: async (body) => {
      const step = active.value;
      const text = note.value.trim();
      if (step !== null) await send(() => app.gateway.takeStep(incident(), step.id, { ...body, ...(text ? { note: text } : {}) }));
    },
    look,
    choose: (procedure, reason) => send(() => app.gateway.chooseProcedure(incident(), procedure, reason)),
  };
}

const awaitsAnswer = (shown: IncidentProcedure): boolean =>
  (shown.procedure?.steps ?? []).some((step) =>
    (step.command?.devices ?? []).some((device) => device.state === "recorded" || device.state === "sent"),
  );

/** One button of the active step, pressed or chosen by its number. */
export interface StepButton {
  id: string;
  word: string;
  press: () => void;
}

/** Which milliseconds are left (negative: over); null for a step without a time. */
export const leftOf = (step: ProcedureStep, now: number): number | null =>
  step.due_at === null ? null : Date.parse(step.due_at) - now;
