import { ref, type Ref } from "vue";

export const VIEWS = ["alerts", "cameras", "devices", "events", "history", "quarantine"] as const;
export type View = (typeof VIEWS)[number];

/** What could not be read is shown to those alone who mend devices. */
export const viewsOf = (mends: boolean): readonly View[] => VIEWS.filter((view) => view !== "quarantine" || mends);

export interface Spot {
  view: View;
  /** the alert looked at, in `alerts` and `history` */
  id: string | null;
}

export function readSpot(hash: string): Spot {
  const [word, id] = hash.replace(/^#\/?/, "").split("/");
  const view = VIEWS.find((known) => known === word) ?? "alerts";
  return { view, id: id ? decoded(id) : null };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // an address somebody typed
  }
}

export const writeSpot = (spot: Spot): string =>
  spot.id === null ? `#/${spot.view}` : `#/${spot.view}/${encodeURIComponent(spot.id)}`;

export interface Route {
  spot: Ref<Spot>;
  go: (view: View, id?: string | null) => void;
  /** As `go`, without a step that "back" would undo. */
  replace: (view: View, id: string | null) => void;
  end: () => void;
}

/** Where the guard is, kept in the address: a reload returns there, and a phone's back button goes back. */
export function createRoute(): Route {
  const spot = ref<Spot>(readSpot(location.hash));
  const put = (view: View, id: string | null, how: "replaceState" | "pushState"): void => {
    spot.value = { view, id };
    history[how](null, "", writeSpot(spot.value));
  };
  const follow = (): void => {
    spot.value = readSpot(location.hash);
  };
  window.addEventListener("popstate", follow);
  window.addEventListener("hashchange", follow);
  return {
    spot,
    go: (view, id = null) => {
      const from = spot.value;
      if (from.view === view && from.id === id) return;
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
