import { computed, onUnmounted, ref, type ComputedRef, type Ref } from "vue";

import type { Data, Device } from "../api/types";
import type { AppContext } from "../shell/app";
import { ANSWER_TIMEOUT, answerTo } from "./answers";

/** How long the outcome stays on the screen, in milliseconds. */
const OUTCOME_SHOWN = 20_000;

export type Outcome = "sending" | "sent" | "done" | "failed" | "unanswered";

export interface DeviceCommand {
  /** the action that waits for a second press */
  selected: Ref<string | null>;
  outcome: ComputedRef<Outcome | null>;
  detail: ComputedRef<string>;
  select: (action: string | null) => void;
  send: (values: Data, reason?: string) => Promise<void>;
}

/** Sends commands to one device and follows their outcome. */
export function useCommand({ gateway, live, facts, explain, textOf }: AppContext, device: Device): DeviceCommand {
  const selected = ref<string | null>(null);
  const command = ref<string | null>(null);
  const sending = ref(false);
  const timedOut = ref(false);
  const error = ref("");
  let timers: ReturnType<typeof setTimeout>[] = [];
  const after = (milliseconds: number, then: () => void): void => {
    timers.push(setTimeout(then, milliseconds));
  };
  const reset = (): void => {
    timers.forEach(clearTimeout);
    timers = [];
    command.value = null;
    timedOut.value = false;
    error.value = "";
  };
  onUnmounted(reset);

  const answer = computed(() =>
    command.value === null ? null : answerTo(live.state.value.signals, device.id, command.value),
  );
  const outcome = computed<Outcome | null>(() => {
    if (sending.value) return "sending";
    if (error.value) return "failed";
    if (command.value === null) return null;
    if (answer.value) return answer.value.kind === "command.done" ? "done" : "failed";
    return timedOut.value ? "unanswered" : "sent";
  });
  return {
    selected,
    outcome,
    detail: computed(() => error.value || textOf(answer.value?.data["why"])),
    select: (action) => {
      selected.value = action;
    },
    send: async (values, reason = "") => {
      const action = selected.value;
      if (action === null || sending.value) return;
      selected.value = null;
      reset();
      sending.value = true;
      try {
        command.value = (await gateway.command(device.id, action, values, true, reason)).id;
        after(ANSWER_TIMEOUT, () => {
          timedOut.value = true;
        });
        after(ANSWER_TIMEOUT + OUTCOME_SHOWN, reset);
      } catch (cause) {
        error.value = explain(cause);
      } finally {
        sending.value = false;
        facts.refresh();
      }
    },
  };
}
