/** What a key means to the guard room. Physical keys, so that an input method or Caps Lock changes nothing. */
export type Wish =
  | "next"
  | "previous"
  | "urgent"
  | "acknowledge"
  | "on-scene"
  | "hold"
  | "close"
  | "assign"
  | "note"
  | "picture"
  | "talk"
  | "open-door"
  | "hang-up"
  | "help"
  | "escape"
  | "confirm"
  | { pick: number }
  | { view: number };

export interface KeyPress {
  code: string;
  key: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  repeat: boolean;
}

/** Where the focus is: text takes every letter, a button its own Enter. */
export type Focus = "text" | "button" | "page";

const LETTERS: Record<string, Wish> = {
  ArrowDown: "next",
  KeyJ: "next",
  ArrowUp: "previous",
  KeyK: "previous",
  KeyU: "urgent",
  KeyA: "acknowledge",
  KeyS: "on-scene",
  KeyH: "hold",
  KeyC: "close",
  KeyG: "assign",
  KeyN: "note",
  KeyV: "picture",
  KeyT: "talk",
  KeyO: "open-door",
  KeyE: "hang-up",
};

const MAY_REPEAT: ReadonlySet<Wish> = new Set<Wish>(["next", "previous"]);

export function wishOf(press: KeyPress, focus: Focus): Wish | null {
  if (press.isComposing || press.metaKey) return null;
  if (press.key === "Escape") return "escape";
  if (press.key === "Enter") return enter(press, focus);
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(press.code)?.[1];
  if (press.altKey) return digit && !press.ctrlKey ? { view: Number(digit) } : null;
  if (focus === "text" || press.ctrlKey) return null;
  if (digit) return { pick: Number(digit) };
  if (press.key === "?" || press.key === "？") return "help";
  const wish = LETTERS[press.code] ?? null;
  return press.repeat && wish !== null && !MAY_REPEAT.has(wish) ? null : wish;
}

/** Enter in a text confirms with Ctrl, so that a line break stays one; a held Enter confirms nothing twice. */
function enter(press: KeyPress, focus: Focus): Wish | null {
  if (press.repeat || press.altKey || focus === "button") return null;
  if (focus === "text") return press.ctrlKey ? "confirm" : null;
  return "confirm";
}
