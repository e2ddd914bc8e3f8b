import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

import type { AlertAction, Gateway, StepBody } from "../api/gateway";
import type { Disposition, Guard } from "../api/types";
import { DISPOSITIONS } from "./steps";

/** On what a step is taken: the selected incident, one alert of it, or all incidents that are marked. */
export type Scope = "incident" | "alert" | "marked";
export type Mode = "closing" | "noting" | "assigning" | "holding" | "reminding" | "merging" | "splitting";

/** How long a hold may last, or until when to be reminded, in minutes; the second is chosen at first. */
export const HOLDS: readonly number[] = [15, 30, 120];
const PRESET = HOLDS[1] as number;
/** The longest time of one's own, in minutes; desk.yaml may allow less. */
export const LONGEST = 7 * 24 * 60;

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
  body: (action: AlertAction) => StepBody | null;
}

export function createStepForm(gateway: Gateway): StepForm {
  const mode = ref<Mode | null>(null);
  const scope = ref<Scope>("incident");
  const disposition = ref<Disposition | null>(null);
  const guards = shallowRef<readonly Guard[] | null>(null);
  const assignee = ref<string | null>(null);
  const note = ref("");
  const minutes = ref(PRESET);
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
      minutes.value = PRESET;
    },
    loadGuards: async () => {
      guards.value = (await gateway.guards()).items;
    },
    pick: (number, presentAssignee) => {
      if (mode.value === "closing") disposition.value = DISPOSITIONS[number - 1] ?? disposition.value;
      if (mode.value === "holding" || mode.value === "reminding") minutes.value = HOLDS[number - 1] ?? minutes.value;
      const guard = mode.value === "assigning" ? guards.value?.[number - 1] : undefined;
      if (guard && guard.user !== presentAssignee) assignee.value = guard.user;
    },
    body: (action) => {
      const text = note.value.trim();
      if (action === "close") return disposition.value && closing(disposition.value, text, override.value);
      if (action === "assign") return assignee.value === null ? null : { user: assignee.value };
      if (action === "note") return text ? { note: text } : null;
      if (action === "hold") return isDuration(minutes.value) ? { minutes: minutes.value, ...(text ? { note: text } : {}) } : null;
      return {};
    },
  };
}

/** Whether it is a time that may be sent: whole minutes. */
export const isDuration = (minutes: number): boolean => Number.isInteger(minutes) && minutes >= 1 && minutes <= LONGEST;

const closing = (disposition: Disposition, note: string, override: boolean): StepBody => ({
  disposition,
  ...(note ? { note } : {}),
  ...(override ? { override } : {}),
});
