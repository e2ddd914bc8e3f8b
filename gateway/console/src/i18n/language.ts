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
  /** A sentence out of a signal's data: in both languages, or in the one that its author had. */
  say: (said: unknown) => string;
  age: (milliseconds: number) => string;
  choose: (language: Language) => void;
  /** What the compound speaks, for who has not chosen. */
  suggest: (language: string) => void;
}

export function isWords(value: unknown): value is Words {
  return typeof value === "object" && value !== null && "zh" in value && "en" in value;
}

export function createSpeech(): Speech {
  const chosen = recall("language");
  const language = ref<Language>(chosen === "en" ? "en" : "zh");
  const t = computed<Messages>(() => (language.value === "en" ? en : zh));
  watchEffect(() => {
    document.documentElement.lang = language.value === "en" ? "en" : "zh-CN";
  });
  const pick = (words: Words | null | undefined): string => (words ? words[language.value] || words.zh || words.en : "");
  return {
    language,
    t,
    pick,
    say: (said) => (isWords(said) ? pick(said) : String(said ?? "")),
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
