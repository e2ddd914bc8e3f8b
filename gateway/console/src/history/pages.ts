import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

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
  const loading = ref(false);
  const ended = ref(false);
  const error = ref<string | null>(null);
  let cursor: string | null = null;

  const load = async (from: string | null): Promise<void> => {
    if (loading.value) return;
    loading.value = true;
    error.value = null;
    try {
      const page = await fetchPage(from);
      const known = new Map((from === null ? [] : items.value).map((item) => [item.id, item]));
      for (const item of page.items) known.set(item.id, item);
      items.value = [...known.values()];
      cursor = page.next;
      ended.value = page.next === null;
    } catch (cause) {
      error.value = explain(cause);
    } finally {
      loading.value = false;
    }
  };
  return { items, loading, ended, error, more: () => load(cursor), restart: () => load(null) };
}
