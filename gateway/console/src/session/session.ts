import { computed, ref, type ComputedRef, type Ref } from "vue";

import { ApiError } from "../api/client";
import type { Gateway } from "../api/gateway";
import type { Session } from "../api/types";

/** `expired`: the screen stays as it was, behind the sign-in. */
export type Standing = "checking" | "out" | "in" | "expired";

export interface Sessions {
  standing: Ref<Standing>;
  session: Ref<Session | null>;
  /** who answers alarms: the others look, and are not rung for */
  onDuty: ComputedRef<boolean>;
  /** who mends devices, and is shown what of theirs could not be read */
  mends: ComputedRef<boolean>;
  check: () => Promise<void>;
  signIn: (user: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
  expire: () => void;
}

/** `onUserChange` is called when somebody else signs in over a page that shows another's. */
export function createSessions(gateway: Gateway, onUserChange: () => void): Sessions {
  const standing = ref<Standing>("checking");
  const session = ref<Session | null>(null);
  const expire = (): void => {
    standing.value = session.value === null ? "out" : "expired";
  };
  const enter = (fresh: Session): void => {
    const before = session.value;
    session.value = fresh;
    standing.value = "in";
    if (before !== null && (before.user !== fresh.user || before.role !== fresh.role)) onUserChange();
  };
  return {
    standing,
    session,
    onDuty: computed(() => session.value?.role === "guard" || session.value?.role === "supervisor"),
    mends: computed(() => session.value?.role === "installer" || session.value?.role === "manager"),
    expire,
    check: async () => {
      try {
        enter(await gateway.session());
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) expire();
        else throw error;
      }
    },
    signIn: async (user, password) => enter(await gateway.signIn(user, password)),
    signOut: async () => {
      await gateway.signOut();
      session.value = null;
      standing.value = "out";
    },
  };
}
