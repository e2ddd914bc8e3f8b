import { type ShallowRef, computed, shallowRef, watch } from "vue";

import type { Gateway } from "../api/gateway";
import type { Arming, DeskFacts, LastCommand } from "../api/types";
import type { Live } from "../live/live";
import type { Sessions } from "../session/session";

/** Signals after which commands or arming are read again. They may come by the dozen, so reading waits (ms). */
const TELLING = /^(command|area|zone)\./;
const SETTLE = 400;

export interface Facts {
  /** what desk.yaml says; null until loaded */
  desk: ShallowRef<DeskFacts | null>;
  /** the last command of each device */
  lastCommands: ShallowRef<ReadonlyMap<string, LastCommand>>;
  /** the areas and zones of each device */
  arming: ShallowRef<ReadonlyMap<string, readonly Arming[]>>;
  /** Read the commands again: one was given. */
  refresh: () => void;
  start: () => void;
}

/** What the gateway knows beyond the live feed: settings of the desk, last commands, arming. */
export function createFacts({ gateway, live, sessions }: { gateway: Gateway; live: Live; sessions: Sessions }): Facts {
  const desk = shallowRef<DeskFacts | null>(null);
  const lastCommands = shallowRef<ReadonlyMap<string, LastCommand>>(new Map());
  const arming = shallowRef<ReadonlyMap<string, readonly Arming[]>>(new Map());
  let timer: ReturnType<typeof setTimeout> | undefined;

  const read = async (): Promise<void> => {
    if (sessions.status.value !== "in" || !sessions.seesAlarms.value) return;
    // The banner shows a lost connection; everything is read again when it is back.
    const [commands, areas] = await Promise.all([gateway.lastCommands().catch(() => null), gateway.arming().catch(() => null)]);
    if (commands) lastCommands.value = new Map(commands.items.map((one) => [one.device, one]));
    if (areas) arming.value = byDevice(areas.items);
  };
  const refresh = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void read(), SETTLE);
  };
  const readAll = async (): Promise<void> => {
    if (sessions.status.value !== "in" || !sessions.seesAlarms.value) return;
    desk.value = await gateway.desk().catch(() => desk.value);
    await read();
  };
  return {
    desk,
    lastCommands,
    arming,
    refresh,
    start: () => {
      const newest = computed(() => live.state.value.signals.find((signal) => TELLING.test(signal.kind))?.id);
      // A changed configuration comes as a signal, and a restart as a connection that was lost.
      const changed = computed(() => live.state.value.signals.find((signal) => signal.kind === "configuration.changed")?.id);
      watch(newest, refresh);
      watch([sessions.status, sessions.session, live.stale, changed], () => void readAll(), { immediate: true });
    },
  };
}

export function byDevice(items: readonly Arming[]): Map<string, Arming[]> {
  const found = new Map<string, Arming[]>();
  for (const item of items) found.set(item.device, [...(found.get(item.device) ?? []), item]);
  return found;
}

/** Whether a command needs a second press. Until the settings are loaded every one does. */
export const needsConfirmation = (desk: DeskFacts | null, action: string): boolean => desk === null || desk.confirm.includes(action);
export const needsReason = (desk: DeskFacts | null, action: string): boolean => desk !== null && desk.reason.includes(action);
