import { ref, watchEffect, type Ref } from "vue";

import { readSetting, writeSetting } from "./browserStorage";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const isTheme = (word: string | null): word is Theme => THEMES.includes(word as Theme);

/** The colour theme; `auto` follows the system. Sets the attribute that the style sheet reads. */
export function createTheme(): Ref<Theme> {
  const stored = readSetting("theme");
  const theme = ref<Theme>(isTheme(stored) ? stored : "auto");
  watchEffect(() => {
    document.documentElement.dataset.theme = theme.value;
    writeSetting("theme", theme.value);
  });
  return theme;
}
