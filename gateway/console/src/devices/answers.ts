import { watch } from "vue";

import type { Signal } from "../api/types";
import type { Live } from "../live/live";

/** Milliseconds to wait for a device's answer to a command; the gateway itself gives up after ten seconds. */
export const ANSWER_TIMEOUT = 15_000;

/** The result of a command, if it has come: `command.done` or `command.failed` with the command's id. */
export const answerTo = (signals: readonly Signal[], device: string, command: string): Signal | null =>
  signals.find(
    (signal) =>
      signal.device === device &&
      (signal.kind === "command.done" || signal.kind === "command.failed") &&
      signal.data["command"] === command,
  ) ?? null;

/** Waits for the result of a command; null when none came in time. */
export function waitForAnswer(live: Live, device: string, command: string, within = ANSWER_TIMEOUT): Promise<Signal | null> {
  return new Promise((resolve) => {
    const end = (signal: Signal | null): void => {
      clearTimeout(timeout);
      stop();
      resolve(signal);
    };
    const timeout = setTimeout(() => end(null), within);
    const stop = watch(
      () => answerTo(live.state.value.signals, device, command),
      (signal) => {
        // Not at once: with `immediate`, this runs before `stop` is assigned.
        if (signal) queueMicrotask(() => end(signal));
      },
      { immediate: true },
    );
  });
}
