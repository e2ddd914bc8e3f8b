import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

import type { AlertAction, Gateway, StepBody } from "../api/gateway";
import type { Disposition, Guard } from "../api/types";
import { DISPOSITIONS } from "./steps";

/** On what a step is taken: the selected incident, one alert of it, or all incidents that are marked. */
export type Scope = "incident" | "alert" | "marked";
export type Mode = "closing" | "noting" | "assigning" | "holding" | "merging" | "splitting";

/** How long a hold may last, in minutes; the second is chosen at first. */
export const HOLDS: readonly number[] = [10, 30, 60, 240];

/** What a guard has chosen for a step that needs more than a press. */
export interface StepForm {
  mode: Ref<Mode | null>;
  scope: Ref<Scope>;
  disposition: Ref<Disposition | null>;
  /** to whom it may be assigned; null until loaded */
  guards: ShallowRef<readonly Guard[] | null>;
  assignee: Ref<string | null>;
  note: Ref<string>;
  minutes: Ref<number>;
  /** close although mandatory steps of the procedure are open; for supervisors, with a note */
  override: Ref<boolean>;
  clear: () => void;
  loadGuards: () => Promise<void>;
  pick: (number: number, presentAssignee: string | null) => void;
  /** null when something that the step needs is missing */
  body: (action: AlertAction, now: number) => StepBody | null;
}

export function createStepForm(gateway: Gateway): StepForm {
  const mode = ref<Mode | null>(null);
  const scope = ref<Scope>("incident");
  const disposition = ref<Disposition | null>(null);
  const guards = shallowRef<readonly Guard[] | null>(null);
  const assignee = ref<string | null>(null);
  const note = ref("");
  const minutes = ref(HOLDS[1] as number);
  const override = ref(false);
  return {
    mode,
    scope,
    disposition,
    guards,
    assignee,
    note,
    minutes,
    override,
    clear: () => {
      override.value = false;
      mode.value = null;
      disposition.value = null;
      assignee.value = null;
      note.value = "";
      minutes.value = HOLDS[1] as number;
    },
    loadGuards: async () => {
      guards.value = (await gateway.guards()).items;
    },
    pick: (number, presentAssignee) => {
      if (mode.value === "closing") disposition.value = DISPOSITIONS[number - 1] ?? disposition.value;
      if (mode.value === "holding") minutes.value = HOLDS[number - 1] ?? minutes.value;
      const guard = mode.value === "assigning" ? guards.value?.[number - 1] : undefined;
      if (guard && guard.user !== presentAssignee) assignee.value = guard.user;
    },
    body: (action, now) => {
      const text = note.value.trim();
      if (action === "close") return disposition.value && closing(disposition.value, text, override.value);
      if (action === "assign") return assignee.value === null ? null : { user: assignee.value };
      if (action === "note") return text ? { note: text } : null;
      if (action === "hold") return { until: new Date(now + minutes.value * 60_000).toISOString() };
      return {};
    },
  };
}

const closing = (disposition: Disposition, note: string, override: boolean): StepBody => ({
  disposition,
  ...(note ? { note } : {}),
  ...(override ? { override } : {}),
});
