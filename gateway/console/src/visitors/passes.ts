import { onMounted, onUnmounted, ref, shallowRef, type Ref, type ShallowRef } from "vue";

import type { AppContext } from "../shell/app";
import type { PassKind, VisitorPass } from "./types";

const EVERY_MS = 15_000;

export interface PassBook {
  kinds: ShallowRef<PassKind[]>;
  open: ShallowRef<VisitorPass[]>;
  ended: ShallowRef<VisitorPass[]>;
  error: Ref<string | null>;
  loaded: Ref<boolean>;
  load: () => Promise<void>;
}

/** Kinds and passes of the view that is open, kept current: residents make passes meanwhile. */
export function usePasses({ gateway, explain }: AppContext): PassBook {
  const kinds = shallowRef<PassKind[]>([]);
  const open = shallowRef<VisitorPass[]>([]);
  const ended = shallowRef<VisitorPass[]>([]);
  const error = ref<string | null>(null);
  const loaded = ref(false);
  let asked = 0;

  const load = async (): Promise<void> => {
    const mine = ++asked;
    try {
      const [all, now, past] = await Promise.all([gateway.passKinds(), gateway.passes("open", 100), gateway.passes("ended", 20)]);
      if (mine !== asked) return;
      kinds.value = all.items;
      open.value = now.items;
      ended.value = past.items;
      error.value = null;
    } catch (cause) {
      error.value = explain(cause);
    } finally {
      loaded.value = true;
    }
  };
  const timer = setInterval(() => void load(), EVERY_MS);
  onMounted(() => void load());
  onUnmounted(() => clearInterval(timer));
  return { kinds, open, ended, error, loaded, load };
}

/** The length that a form proposes, in the words of `t.visitors`: whole days from two days on, else hours. */
export function lengthOf(seconds: number, words: { hours: (count: number) => string; days: (count: number) => string }): string {
  const hours = Math.round(seconds / 360) / 10;
  return hours >= 48 ? words.days(Math.round(hours / 24)) : words.hours(hours);
}
