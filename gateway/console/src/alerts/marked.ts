import { computed, shallowRef, type ComputedRef, type ShallowRef } from "vue";

import type { AlertState, Incident } from "../api/types";

/** What a step on several incidents did: how many took it, and those that did not, or not with all their alerts. */
export interface Report {
  done: number;
  left: { incident: Incident; alerts: AlertState[]; error: string | null }[];
}

/** The incidents that are marked for one step on all of them. */
export interface Marked {
  incidents: ComputedRef<Incident[]>;
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  /** Mark all from the one that was marked last to this one. */
  extend: (id: string) => void;
  all: () => void;
  clear: () => void;
}

/** Those that are closed meanwhile are no longer marked. */
export function createMarked(queue: ComputedRef<Incident[]>): Marked {
  const ids: ShallowRef<ReadonlySet<string>> = shallowRef(new Set());
  let last: string | null = null;
  const mark = (more: Iterable<string>): void => {
    ids.value = new Set([...ids.value, ...more]);
  };
  return {
    incidents: computed(() => (ids.value.size === 0 ? [] : queue.value.filter((one) => ids.value.has(one.id)))),
    has: (id) => ids.value.has(id),
    toggle: (id) => {
      last = id;
      if (!ids.value.has(id)) mark([id]);
      else ids.value = new Set([...ids.value].filter((one) => one !== id));
    },
    extend: (id) => {
      const order = queue.value.map((one) => one.id);
      const [from, to] = [order.indexOf(last ?? id), order.indexOf(id)].sort((a, b) => a - b) as [number, number];
      mark(order.slice(Math.max(0, from), to + 1));
    },
    all: () => mark(queue.value.map((one) => one.id)),
    clear: () => {
      last = null;
      ids.value = new Set();
    },
  };
}

/** Runs `work` on all, a few at a time, and gives the results in their order. */
export async function inParallel<T, R>(items: readonly T[], atOnce: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
