import type { Data } from "../api/types";
import { isWords } from "../i18n/language";
import type { Messages } from "../i18n/zh";

/** What no guard reads: machinery, and what the screen says elsewhere. */
const UNREAD: ReadonlySet<string> = new Set(
  "snapshot box track looks number raw command id place household list from from_status armed still ahead_s call sense stream".split(" "),
);
/** What is understood without being named. */
const BARE: ReadonlySet<string> = new Set(["text", "name", "plate", "person", "detector"]);

/** A signal's data as one line: the plain values, each by its word. */
export function describe(data: Data, t: Messages): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    const text = UNREAD.has(key) || (key === "person" && data["name"]) ? null : plain(key, value, t);
    if (text !== null) parts.push(BARE.has(key) ? text : `${own(t.dataKeys, key) ?? key}${t.colon}${text}`);
  }
  return parts.join(t.comma);
}

function plain(key: string, value: unknown, t: Messages): string | null {
  if (typeof value === "string") return value === "" ? null : (wordFor(key, value, t) ?? value);
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toFixed(2)));
  return isWords(value) ? value[t.code] : null;
}

function wordFor(key: string, value: string, t: Messages): string | undefined {
  return own(key === "action" ? t.actions : (own(t.dataValues, key) ?? {}), value);
}

/** A device may say `constructor`, which every object has. */
const own = <T>(of: Record<string, T>, key: string): T | undefined => (Object.hasOwn(of, key) ? of[key] : undefined);
