import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

import { useLatest } from "../api/latest";
import type { Page } from "../api/types";

export interface Pages<T> {
  items: ShallowRef<T[]>;
  loading: Ref<boolean>;
  ended: Ref<boolean>;
  error: Ref<string | null>;
  more: () => Promise<void>;
  restart: () => Promise<void>;
}

/** A list that is loaded page by page, newest first. Each item appears once, even when pages overlap. */
export function usePages<T extends { id: string }>(
  fetchPage: (after: string | null) => Promise<Page<T>>,
  explain: (error: unknown) => string,
): Pages<T> {
  const items = shallowRef<T[]>([]);
  const ended = ref(false);
  const error = ref<string | null>(null);
  const { loading, ask } = useLatest();
  let cursor: string | null = null;

  const load = async (from: string | null): Promise<void> => {
    error.value = null;
    await ask(
      () => fetchPage(from),
      (page) => {
        const known = new Map((from === null ? [] : items.value).map((item) => [item.id, item]));
        for (const item of page.items) known.set(item.id, item);
        items.value = [...known.values()];
        cursor = page.next;
        ended.value = page.next === null;
      },
      (cause) => (error.value = explain(cause)),
    );
  };
  const more = async (): Promise<void> => {
    if (!loading.value) await load(cursor);
  };
  return { items, loading, ended, error, more, restart: () => load(null) };
}
