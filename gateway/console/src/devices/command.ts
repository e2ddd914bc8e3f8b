import { computed, onUnmounted, ref, type ComputedRef, type Ref } from "vue";

import type { Data, Device, Signal } from "../api/types";
import type { Room } from "../shell/room";

/** A device that has not answered by then is not waited for; the gateway's own limit is ten seconds. */
const ANSWER_WITHIN = 15_000;
const WORDS_STAY = 20_000;

export type Outcome = "sending" | "sent" | "done" | "failed" | "unanswered";

export interface Order {
  /** the action that waits for a second press */
  asked: Ref<string | null>;
  outcome: ComputedRef<Outcome | null>;
  detail: ComputedRef<string>;
  ask: (action: string | null) => void;
  send: (values: Data) => Promise<void>;
}

/** The answer to a command, if it has come: `command.done` or `command.failed` with its id. */
export const answerTo = (signals: readonly Signal[], device: string, command: string): Signal | null =>
  signals.find(
    (signal) =>
      signal.device === device &&
      (signal.kind === "command.done" || signal.kind === "command.failed") &&
      signal.data["command"] === command,
  ) ?? null;

export function useOrder({ gateway, live, explain, say }: Room, device: Device): Order {
  const asked = ref<string | null>(null);
  const command = ref<string | null>(null);
  const sending = ref(false);
  const late = ref(false);
  const error = ref("");
  let timers: ReturnType<typeof setTimeout>[] = [];
  const after = (milliseconds: number, then: () => void): void => {
    timers.push(setTimeout(then, milliseconds));
  };
  const forget = (): void => {
    timers.forEach(clearTimeout);
    timers = [];
    command.value = null;
    late.value = false;
    error.value = "";
  };
  onUnmounted(forget);

  const answer = computed(() =>
    command.value === null ? null : answerTo(live.picture.value.signals, device.id, command.value),
  );
  const outcome = computed<Outcome | null>(() => {
    if (sending.value) return "sending";
    if (error.value) return "failed";
    if (command.value === null) return null;
    if (answer.value) return answer.value.kind === "command.done" ? "done" : "failed";
    return late.value ? "unanswered" : "sent";
  });
  return {
    asked,
    outcome,
    detail: computed(() => error.value || say(answer.value?.data["why"])),
    ask: (action) => {
      asked.value = action;
    },
    send: async (values) => {
      const action = asked.value;
      if (action === null || sending.value) return;
      asked.value = null;
      forget();
      sending.value = true;
      try {
        command.value = (await gateway.command(device.id, action, values)).id;
        after(ANSWER_WITHIN, () => {
          late.value = true;
        });
        after(ANSWER_WITHIN + WORDS_STAY, forget);
      } catch (cause) {
        error.value = explain(cause);
      } finally {
        sending.value = false;
      }
    },
  };
}
