import { ref, watchEffect, type Ref } from "vue";

import { recall, remember } from "./memory";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const isTheme = (word: string | null): word is Theme => THEMES.includes(word as Theme);

/** `auto` follows the system; the choice is an attribute that the style sheet reads. */
export function createTheme(): Ref<Theme> {
  const stored = recall("theme");
  const theme = ref<Theme>(isTheme(stored) ? stored : "auto");
  watchEffect(() => {
    document.documentElement.dataset.theme = theme.value;
    remember("theme", theme.value);
  });
  return theme;
}
