import { computed, type ComputedRef, type ShallowRef } from "vue";

import type { Compound } from "../api/types";
import type { I18n } from "../i18n/language";
import type { Live } from "../live/live";

export interface TimeFormats {
  /** How long ago, by the gateway's clock. */
  ago: (iso: string) => string;
  between: (from: string, to: string) => string;
  /** 14:02:11 today, with the date on any other day */
  clockTime: (iso: string) => string;
  clock: ComputedRef<string>;
  date: ComputedRef<string>;
}

export function createTimeFormats(speech: I18n, compound: ShallowRef<Compound | null>, live: Live): TimeFormats {
  const zone = computed(() => (compound.value?.timezone ? { timeZone: compound.value.timezone } : {}));
  const format = (options: Intl.DateTimeFormatOptions): ComputedRef<Intl.DateTimeFormat> =>
    computed(
      () =>
        new Intl.DateTimeFormat(speech.language.value === "en" ? "en-GB" : "zh-CN", {
          hourCycle: "h23",
          ...zone.value,
          ...options,
        }),
    );
  const time = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = format({ month: "numeric", day: "numeric" });
  const longDay = format({ month: "long", day: "numeric", weekday: "long" });
  const today = computed(() => day.value.format(live.now.value));
  return {
    ago: (iso) => speech.age(live.now.value - Date.parse(iso)),
    between: (from, to) => speech.age(Date.parse(to) - Date.parse(from)),
    clockTime: (iso) => {
      const then = new Date(iso);
      return day.value.format(then) === today.value ? time.value.format(then) : `${day.value.format(then)} ${time.value.format(then)}`;
    },
    clock: computed(() => time.value.format(live.now.value)),
    date: computed(() => longDay.value.format(live.now.value)),
  };
}
