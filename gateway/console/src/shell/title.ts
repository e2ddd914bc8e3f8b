import { here } from "../api/base";
import type { Messages } from "../i18n/zh";

export interface TabState {
  name: string;
  untouched: number;
  /** place and reason of the most urgent alert, or "" */
  urgent: string;
  stale: boolean;
  /** alternates every second */
  flash: boolean;
}

/** The title of the browser tab: a guard who works in another tab still sees it change. */
export function pageTitle(state: TabState, words: Messages["title"]): string {
  if (state.stale) return `${words.stale} · ${state.name}`;
  if (state.untouched === 0) return state.name;
  const waiting = words.waiting(state.untouched);
  return state.flash && state.urgent ? `${waiting} · ${state.urgent}` : `${waiting} · ${state.name}`;
}

export const favicon = (state: Pick<TabState, "untouched" | "stale">): string =>
  here(state.stale ? "/lost.svg" : state.untouched > 0 ? "/alarm.svg" : "/calm.svg");
