import type { Data } from "../api/types";
import { isWords } from "../i18n/language";
import type { Messages } from "../i18n/zh";

/** Data that is not shown: technical, or shown elsewhere on the screen. */
const HIDDEN_KEYS: ReadonlySet<string> = new Set(
  "snapshot box track looks number raw command id place household list from from_status armed still ahead_s call sense stream was topic source person".split(" "),
);
/** Data that is shown without a label. */
const UNLABELLED_KEYS: ReadonlySet<string> = new Set(["text", "name", "plate", "detector"]);

/** A signal kind as text. For a panel's code without a kind of its own, the signal's data has the code's text. */
export function kindWord(kind: string, t: Messages): string {
  return own(t.kinds, kind) ?? (kind.startsWith("x.dc09.") ? t.panelReport : kind);
}

/** Data that holds a time. */
const TIME_KEYS: ReadonlySet<string> = new Set(["last_heard", "since"]);
type ClockTime = (iso: string) => string;

/** A signal's data as one line: first the unlabelled values, then the others with their labels. */
export function describe(data: Data, t: Messages, clockTime: ClockTime = (iso) => iso): string {
  const unlabelled: string[] = [];
  const labelled: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    const text = HIDDEN_KEYS.has(key) ? null : valueText(key, value, t, clockTime);
    if (text === null) continue;
    if (UNLABELLED_KEYS.has(key) || isMeasure(key, value)) unlabelled.push(text);
    else labelled.push(`${own(t.dataKeys, key) ?? key}${t.colon}${text}`);
  }
  return [...unlabelled, ...labelled].join(t.comma);
}

/** A number whose unit is enough explanation. */
const isMeasure = (key: string, value: unknown): boolean =>
  typeof value === "number" && (key === "seconds" || key === "percent");

function valueText(key: string, value: unknown, t: Messages, clockTime: ClockTime): string | null {
  if (TIME_KEYS.has(key) && typeof value === "string" && !Number.isNaN(Date.parse(value))) return clockTime(value);
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

/** Own properties only: a device may send `constructor`, which every object inherits. */
const own = <T>(of: Record<string, T>, key: string): T | undefined => (Object.hasOwn(of, key) ? of[key] : undefined);
