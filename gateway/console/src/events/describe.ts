import type { Data } from "../api/types";
import type { Messages } from "../i18n/zh";

/** What no guard reads: ids, boxes, the picture's name. */
const UNREAD: ReadonlySet<string> = new Set(["snapshot", "box", "track", "number", "raw", "command", "id", "place"]);

/** A signal's data as one line: the plain values, each by its word. */
export function describe(data: Data, t: Messages): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    const text = UNREAD.has(key) ? null : plain(value, t);
    if (text !== null) parts.push(`${t.dataKeys[key] ?? key}${t.colon}${text}`);
  }
  return parts.join(t.comma);
}

function plain(value: unknown, t: Messages): string | null {
  if (typeof value === "string") return value === "" ? null : value;
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toFixed(2)));
  return null;
}
