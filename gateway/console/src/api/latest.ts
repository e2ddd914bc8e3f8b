import { ref, type Ref } from "vue";

export interface Latest {
  /** Whether an answer is awaited. */
  loading: Ref<boolean>;
  /** Asks, and gives the answer to `use`, or what went wrong to `fail`, unless something was asked since. */
  ask: <T>(question: () => Promise<T>, use: (answer: T) => void, fail: (cause: unknown) => void) => Promise<void>;
}

/** Questions of which only the last one counts: a person who chooses anew does not wait for the answer before. */
export function useLatest(): Latest {
  const loading = ref(false);
  let asked = 0;
  const ask: Latest["ask"] = async (question, use, fail) => {
    asked += 1;
    const mine = asked;
    loading.value = true;
    try {
      const answer = await question();
      if (mine === asked) use(answer);
    } catch (cause) {
      if (mine === asked) fail(cause);
    } finally {
      if (mine === asked) loading.value = false;
    }
  };
  return { loading, ask };
}
