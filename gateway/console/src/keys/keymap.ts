/** What a key does in the guard room. By physical key, so that an input method or Caps Lock changes nothing. */
export type KeyAction =
  | "next"
  | "previous"
  | "urgent"
  | "mark"
  | "mark-next"
  | "mark-previous"
  | "next-alert"
  | "previous-alert"
  | "close-alert"
  | "take-out"
  | "merge"
  | "acknowledge"
  | "on-scene"
  | "hold"
  | "close"
  | "assign"
  | "note"
  | "remind"
  | "picture"
  | "keep"
  | "export"
  | "talk"
  | "open-door"
  | "hang-up"
  | "plan"
  | "silence"
  | "silences"
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
  shiftKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  repeat: boolean;
}

/** Where the focus is: a text field takes all letters, a button takes Enter. */
export type Focus = "text" | "button" | "page";

const ACTIONS: Record<string, KeyAction> = {
  ArrowDown: "next",
  KeyJ: "next",
  ArrowUp: "previous",
  KeyK: "previous",
  KeyU: "urgent",
  Space: "mark",
  BracketRight: "next-alert",
  BracketLeft: "previous-alert",
  KeyR: "take-out",
  KeyB: "merge",
  KeyA: "acknowledge",
  KeyS: "on-scene",
  KeyH: "hold",
  KeyC: "close",
  KeyG: "assign",
  KeyN: "note",
  KeyD: "remind",
  KeyV: "picture",
  KeyP: "keep",
  KeyX: "export",
  KeyT: "talk",
  KeyO: "open-door",
  KeyE: "hang-up",
  KeyM: "plan",
  KeyQ: "silence",
};

/** With Shift held. */
const SHIFTED: Record<string, KeyAction> = {
  ArrowDown: "mark-next",
  KeyJ: "mark-next",
  ArrowUp: "mark-previous",
  KeyK: "mark-previous",
  KeyC: "close-alert",
  KeyQ: "silences",
};

const MAY_REPEAT: ReadonlySet<KeyAction> = new Set<KeyAction>(["next", "previous", "mark-next", "mark-previous"]);

export function keyActionOf(press: KeyPress, focus: Focus): KeyAction | null {
  if (press.isComposing || press.metaKey) return null;
  if (press.key === "Escape") return "escape";
  if (press.key === "Enter") return enter(press, focus);
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(press.code)?.[1];
  if (press.altKey) return digit && !press.ctrlKey ? { view: Number(digit) } : null;
  if (focus === "text" || press.ctrlKey) return null;
  if (digit) return { pick: Number(digit) };
  if (press.key === "?" || press.key === "？") return "help";
  const action = (press.shiftKey ? SHIFTED[press.code] : undefined) ?? ACTIONS[press.code] ?? null;
  return press.repeat && action !== null && !MAY_REPEAT.has(action) ? null : action;
}

/** In a text field Ctrl+Enter confirms, because Enter is a line break. A held Enter confirms only once. */
function enter(press: KeyPress, focus: Focus): KeyAction | null {
  if (press.repeat || press.altKey || focus === "button") return null;
  if (focus === "text") return press.ctrlKey ? "confirm" : null;
  return "confirm";
}
