import { computed, ref, watchEffect, type ComputedRef, type Ref } from "vue";

import type { Language, Words } from "../api/types";
import { recall, remember } from "../shell/memory";
import { age } from "./ages";
import { en } from "./en";
import { type Messages, zh } from "./zh";

export interface Speech {
  language: Ref<Language>;
  t: ComputedRef<Messages>;
  pick: (words: Words | null | undefined) => string;
  age: (milliseconds: number) => string;
  choose: (language: Language) => void;
  /** What the compound speaks, for who has not chosen. */
  suggest: (language: string) => void;
}

export function createSpeech(): Speech {
  const chosen = recall("language");
  const language = ref<Language>(chosen === "en" ? "en" : "zh");
  const t = computed<Messages>(() => (language.value === "en" ? en : zh));
  watchEffect(() => {
    document.documentElement.lang = language.value === "en" ? "en" : "zh-CN";
  });
  return {
    language,
    t,
    pick: (words) => (words ? words[language.value] || words.zh || words.en : ""),
    age: (milliseconds) => age(t.value.ago, milliseconds),
    choose: (wanted) => {
      language.value = wanted;
      remember("language", wanted);
    },
    suggest: (wanted) => {
      if (recall("language") === null) language.value = wanted === "en" ? "en" : "zh";
    },
  };
}
