import type { Role } from "../api/types";
import { type View, viewsOf } from "./route";

/** The views that a role opens most, in the order of the bar; the others follow, behind 更多. */
const FIRST: Record<Role, readonly string[]> = {
  guard: ["alerts", "cameras", "plan", "patrol", "duty", "handover", "visitors", "devices", "events", "history"],
  supervisor: ["alerts", "cameras", "plan", "handover", "figures", "history", "patrol", "duty", "devices"],
  manager: ["alerts", "figures", "history", "audit", "handover", "plan", "cameras"],
  installer: ["devices", "plan", "cameras", "events", "quarantine", "alerts"],
  property: ["households", "requests", "passages"],
  grid: [],
  police: [],
};

/** All views of a role, the most used first: their number is that of the key. */
export function navigation(role: Role | undefined): View[] {
  const views = viewsOf(role);
  const first = FIRST[role ?? "guard"].flatMap((name) => views.filter((view) => view === name));
  return [...first, ...views.filter((view) => !first.includes(view))];
}

/** How many stand on the bar at a width in CSS pixels; with as many or fewer there is no 更多. */
export const onBar = (width: number): number => (width < 900 ? 4 : width < 1600 ? 5 : width < 2200 ? 7 : 9);
