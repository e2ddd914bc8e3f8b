import { computed, ref, type ComputedRef, type Ref } from "vue";

import { ApiError } from "../api/client";
import type { Gateway } from "../api/gateway";
import type { Role, Session } from "../api/types";

/** `expired`: the session has ended; the screen stays as it was, behind the sign-in. */
export type SessionStatus = "checking" | "out" | "in" | "expired";

export interface Sessions {
  status: Ref<SessionStatus>;
  session: Ref<Session | null>;
  /** guards and supervisors handle alerts; other roles only look, and hear no sounds */
  onDuty: ComputedRef<boolean>;
  /** installers and managers maintain devices, and see messages that could not be decoded */
  isTechnician: ComputedRef<boolean>;
  /** those who use the guard room; the property's staff keep the register, and see no alarms */
  seesAlarms: ComputedRef<boolean>;
  /** guards, supervisors and managers: they may look back at what happened, people included */
  isStaff: ComputedRef<boolean>;
  /** supervisors and managers: they answer for the guards' work */
  isLeader: ComputedRef<boolean>;
  check: () => Promise<void>;
  signIn: (user: string, password: string) => Promise<void>;
  signOut: () => Promise<void>;
  expire: () => void;
}

const ROOM: readonly Role[] = ["guard", "supervisor", "installer", "manager"];

/** The session of this browser. `onUserChange` is called when another user signs in over a page that is open. */
export function createSessions(gateway: Gateway, onUserChange: () => void): Sessions {
  const status = ref<SessionStatus>("checking");
  const session = ref<Session | null>(null);
  const expire = (): void => {
    status.value = session.value === null ? "out" : "expired";
  };
  const enter = (next: Session): void => {
    const before = session.value;
    session.value = next;
    status.value = "in";
    if (before !== null && (before.user !== next.user || before.role !== next.role)) onUserChange();
  };
  return {
    status,
    session,
    onDuty: computed(() => session.value?.role === "guard" || session.value?.role === "supervisor"),
    isTechnician: computed(() => session.value?.role === "installer" || session.value?.role === "manager"),
    seesAlarms: computed(() => session.value !== null && ROOM.includes(session.value.role)),
    isStaff: computed(() => session.value !== null && ROOM.includes(session.value.role) && session.value.role !== "installer"),
    isLeader: computed(() => session.value?.role === "supervisor" || session.value?.role === "manager"),
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
      status.value = "out";
    },
  };
}
