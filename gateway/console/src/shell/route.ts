import { ref, type Ref } from "vue";

import type { Role } from "../api/types";

export const VIEWS = [
  "alerts",
  "cameras",
  "devices",
  "events",
  "history",
  "plan",
  "handover",
  "patrol",
  "visitors",
  "drills",
  "figures",
  "audit",
  "notifiers",
  "quarantine",
  "households",
  "passages",
  "requests",
  "spot",
] as const;
export type View = (typeof VIEWS)[number];

/** The page for a second screen, without the top bar; it has no tab. */
export const SPOT = "spot";

/** Views that not every role has: a guard has nothing to do with messages that could not be decoded. */
const ROOM: readonly Role[] = ["guard", "supervisor", "installer", "manager"];
const ONLY: Partial<Record<View, readonly Role[]>> = {
  alerts: ROOM,
  cameras: ROOM,
  devices: ROOM,
  events: ROOM,
  history: ROOM,
  plan: ROOM,
  households: ["property", "manager"],
  requests: ["property", "manager"],
  passages: ["guard", "supervisor", "manager", "property"],
  handover: ["guard", "supervisor", "manager"],
  patrol: ["guard", "supervisor", "manager"],
  visitors: ["guard", "supervisor", "manager"],
  drills: ["supervisor", "manager"],
  figures: ["guard", "supervisor", "manager"],
  audit: ["supervisor", "manager"],
  notifiers: ["supervisor", "installer", "manager"],
  quarantine: ["installer", "manager"],
  [SPOT]: [],
};

export const viewsOf = (role: Role | undefined): readonly View[] =>
  VIEWS.filter((view) => ONLY[view] === undefined || (role !== undefined && ONLY[view].includes(role)));

export interface RouteLocation {
  view: View;
  /** what is selected: the incident in `alerts`, the alert in `history` */
  id: string | null;
}

export function parseHash(hash: string): RouteLocation {
  const [word, id] = hash.replace(/^#\/?/, "").split("/");
  const view = VIEWS.find((known) => known === word) ?? "alerts";
  return { view, id: id ? decoded(id) : null };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // an address that somebody typed
  }
}

export const formatHash = (location: RouteLocation): string =>
  location.id === null ? `#/${location.view}` : `#/${location.view}/${encodeURIComponent(location.id)}`;

export interface Route {
  current: Ref<RouteLocation>;
  go: (view: View, id?: string | null) => void;
  /** As `go`, without an entry for the back button. */
  replace: (view: View, id: string | null) => void;
  end: () => void;
}

/** The view and selection, kept in the address: a reload returns there, and a phone's back button goes back. */
export function createRoute(): Route {
  const current = ref<RouteLocation>(parseHash(location.hash));
  const put = (view: View, id: string | null, method: "replaceState" | "pushState"): void => {
    current.value = { view, id };
    history[method](null, "", formatHash(current.value));
  };
  const follow = (): void => {
    current.value = parseHash(location.hash);
  };
  window.addEventListener("popstate", follow);
  window.addEventListener("hashchange", follow);
  return {
    current,
    go: (view, id = null) => {
      const from = current.value;
      if (from.view === view && from.id === id) return;
      // Stepping from alert to alert adds no entries, so that one press of "back" leaves the list.
      const stepping = from.view === view && from.id !== null && id !== null;
      put(view, id, stepping ? "replaceState" : "pushState");
    },
    replace: (view, id) => put(view, id, "replaceState"),
    end: () => {
      window.removeEventListener("popstate", follow);
      window.removeEventListener("hashchange", follow);
    },
  };
}
