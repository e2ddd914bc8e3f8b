import { here } from "../api/base";
import type { Messages } from "../i18n/zh";

export interface Outlook {
  name: string;
  untouched: number;
  /** place and reason of the most urgent, or "" */
  urgent: string;
  stale: boolean;
  /** every second second */
  flash: boolean;
}

/** What the tab says: a guard with another page in front still sees it change. */
export function pageTitle(outlook: Outlook, words: Messages["title"]): string {
  if (outlook.stale) return `${words.stale} · ${outlook.name}`;
  if (outlook.untouched === 0) return outlook.name;
  const waiting = words.waiting(outlook.untouched);
  return outlook.flash && outlook.urgent ? `${waiting} · ${outlook.urgent}` : `${waiting} · ${outlook.name}`;
}

export const favicon = (outlook: Pick<Outlook, "untouched" | "stale">): string =>
  here(outlook.stale ? "/lost.svg" : outlook.untouched > 0 ? "/alarm.svg" : "/calm.svg");
