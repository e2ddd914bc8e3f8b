import type { AlertAction } from "../api/gateway";
import type { Mode } from "./stepForm";

/** The key of each step, as `keys/keymap.ts` has it. */
export const KEYS: Record<AlertAction, string> = { acknowledge: "A", "on-scene": "S", hold: "H", close: "C", assign: "G", note: "N" };

/** Steps that need a choice first. */
export const BEGINS: Partial<Record<AlertAction, Mode>> = { hold: "holding", close: "closing", assign: "assigning", note: "noting" };
