import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";

import type { Gateway } from "../api/gateway";
import type { DevicePosition, Plan, PlanChange, PlanDrawing, Position } from "./types";

/** An installer's changes that are not saved yet. */
export interface PlanEditing {
  active: Ref<boolean>;
  changes: ShallowRef<ReadonlyMap<string, Position | null>>;
  /** the difference that waits for a confirmation */
  preview: Ref<PlanChange | null>;
  busy: Ref<boolean>;
  error: Ref<string>;
  /** the last change is in effect, and nothing was changed since */
  saved: Ref<boolean>;
  /** the plan with the changes in it */
  plan: ComputedRef<Plan | null>;
  put: (device: string, position: Position | null) => void;
  move: (device: string, dx: number, dy: number, drawing: PlanDrawing) => void;
  discard: () => void;
  /** Ask for the difference. */
  review: () => Promise<void>;
  /** Write it; true when it is in effect. */
  save: () => Promise<boolean>;
}

export function createEditing(gateway: Gateway, saved: ShallowRef<Plan | null>, explain: (error: unknown) => string): PlanEditing {
  const active = ref(false);
  const changes = shallowRef<ReadonlyMap<string, Position | null>>(new Map());
  const preview = ref<PlanChange | null>(null);
  const busy = ref(false);
  const error = ref("");
  const written = ref(false);
  const plan = computed(() => (saved.value === null ? null : withChanges(saved.value, changes.value)));
  const put = (device: string, position: Position | null): void => {
    changes.value = new Map(changes.value).set(device, position);
    written.value = false;
  };
  const send = async (dryRun: boolean): Promise<PlanChange | null> => {
    if (saved.value === null || busy.value) return null;
    busy.value = true;
    error.value = "";
    try {
      const devices = Object.fromEntries(changes.value);
      return await gateway.changePlan({ version: saved.value.version, devices, dry_run: dryRun });
    } catch (cause) {
      error.value = explain(cause);
      return null;
    } finally {
      busy.value = false;
    }
  };
  return {
    active,
    changes,
    preview,
    busy,
    error,
    saved: written,
    plan,
    put,
    move: (device, dx, dy, drawing) => {
      const now = plan.value?.devices.find((position) => position.device === device);
      if (now) put(device, inside({ ...now, x: now.x + dx, y: now.y + dy }, drawing));
    },
    discard: () => {
      changes.value = new Map();
      preview.value = null;
      error.value = "";
    },
    review: async () => {
      preview.value = await send(true);
    },
    save: async () => {
      const done = await send(false);
      if (done === null) return false;
      changes.value = new Map();
      preview.value = null;
      written.value = true;
      return true;
    },
  };
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** The position inside of its drawing, rounded to a tenth: only the keys that are sent. */
export function inside(position: Position, drawing: { width: number; height: number }): Position {
  return {
    drawing: position.drawing,
    x: tenth(Math.min(Math.max(position.x, 0), drawing.width)),
    y: tenth(Math.min(Math.max(position.y, 0), drawing.height)),
    direction: position.direction,
    view: position.view,
    range: position.range,
  };
}

/** What the gateway will answer once the changes are saved, except for a device that goes back to its place. */
export function withChanges(plan: Plan, changes: ReadonlyMap<string, Position | null>): Plan {
  if (changes.size === 0) return plan;
  const devices = new Map<string, DevicePosition>(plan.devices.map((position) => [position.device, position]));
  for (const [device, position] of changes) {
    if (position) devices.set(device, { ...position, device, listed: true });
    else devices.delete(device);
  }
  return { ...plan, devices: [...devices.values()] };
}
