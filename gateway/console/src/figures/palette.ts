import { onBeforeUnmount, onMounted, ref, watch, type Ref } from "vue";

import type { Theme } from "../shell/theme";

/** The colours of a chart. Both series also differ in brightness and pattern, so that colour is not the only sign. */
export interface Palette {
  ink: string;
  soft: string;
  line: string;
  panel: string;
  worth: string;
  worthless: string;
  limit: string;
}

export const LIGHT: Palette = { ink: "#10181a", soft: "#3d4a4b", line: "#c3cbc7", panel: "#fafbfa", worth: "#1d56b0", worthless: "#e0a030", limit: "#b8001d" };
export const DARK: Palette = { ink: "#f1f5f3", soft: "#bcc7c6", line: "#303b40", panel: "#151c1f", worth: "#86b6ff", worthless: "#c98a1b", limit: "#ff6674" };

/** The palette of the present theme; on paper always the light one. */
export function usePalette(theme: Ref<Theme>): { palette: Ref<Palette>; printing: Ref<boolean> } {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const printing = ref(false);
  const palette = ref(LIGHT);
  const update = (): void => {
    const isDark = theme.value === "dark" || (theme.value === "auto" && dark.matches);
    palette.value = isDark && !printing.value ? DARK : LIGHT;
  };
  const before = (): void => {
    printing.value = true;
    update();
  };
  const after = (): void => {
    printing.value = false;
    update();
  };
  watch(theme, update, { immediate: true });
  onMounted(() => {
    dark.addEventListener("change", update);
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
  });
  onBeforeUnmount(() => {
    dark.removeEventListener("change", update);
    window.removeEventListener("beforeprint", before);
    window.removeEventListener("afterprint", after);
  });
  return { palette, printing };
}
