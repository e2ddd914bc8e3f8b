import type { Data } from "../api/types";
import { isWords } from "../i18n/language";
import type { Messages } from "../i18n/zh";

/** What no guard reads: machinery, and what the screen says elsewhere. */
const UNREAD: ReadonlySet<string> = new Set(
  "snapshot box track looks number raw command id place household list from from_status armed still ahead_s call sense stream was topic source person".split(" "),
);
/** What is understood without being named. */
const BARE: ReadonlySet<string> = new Set(["text", "name", "plate", "detector"]);

/** A kind in words. Those of a panel's codes that have no kind of ours carry the code's own words as their text. */
export function kindWord(kind: string, t: Messages): string {
  return own(t.kinds, kind) ?? (kind.startsWith("x.dc09.") ? t.panelReport : kind);
}

/** Times as devices and the gateway write them. */
const MOMENTS: ReadonlySet<string> = new Set(["last_heard", "since"]);
type ClockTime = (iso: string) => string;

/** A signal's data as one line: what is understood without being named, then the other plain values, each by its word. */
export function describe(data: Data, t: Messages, clockTime: ClockTime = (iso) => iso): string {
  const bare: string[] = [];
  const named: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    const text = UNREAD.has(key) ? null : plain(key, value, t, clockTime);
    if (text === null) continue;
    if (BARE.has(key) || isMeasure(key, value)) bare.push(text);
    else named.push(`${own(t.dataKeys, key) ?? key}${t.colon}${text}`);
  }
  return [...bare, ...named].join(t.comma);
}

/** A number that its unit explains. */
const isMeasure = (key: string, value: unknown): boolean =>
  typeof value === "number" && (key === "seconds" || key === "percent");

function plain(key: string, value: unknown, t: Messages, clockTime: ClockTime): string | null {
  if (MOMENTS.has(key) && typeof value === "string" && !Number.isNaN(Date.parse(value))) return clockTime(value);
  if (typeof value === "string") return value === "" ? null : (wordFor(key, value, t) ?? value);
  if (typeof value === "boolean") return value ? t.yes : t.no;
  if (typeof value === "number") {
    const figure = String(Number.isInteger(value) ? value : Number(value.toFixed(2)));
    return isMeasure(key, value) ? `${figure}${t.units[key] ?? ""}` : figure;
  }
  return isWords(value) ? value[t.code] : null;
}

function wordFor(key: string, value: string, t: Messages): string | undefined {
  return own(key === "action" ? t.actions : (own(t.dataValues, key) ?? {}), value);
}

/** A device may say `constructor`, which every object has. */
const own = <T>(of: Record<string, T>, key: string): T | undefined => (Object.hasOwn(of, key) ? of[key] : undefined);
