import { computed, ref, watchEffect, type ComputedRef, type Ref } from "vue";

import type { Language, Words } from "../api/types";
import { readSetting, writeSetting } from "../shell/browserStorage";
import { age } from "./ages";
import { en } from "./en";
import { type Messages, zh } from "./zh";

export interface I18n {
  language: Ref<Language>;
  t: ComputedRef<Messages>;
  pick: (words: Words | null | undefined) => string;
  /** A text from a signal's data, which is in both languages or in one. */
  textOf: (value: unknown) => string;
  age: (milliseconds: number) => string;
  choose: (language: Language) => void;
  /** The compound's language, used until the user chooses one. */
  suggest: (language: string) => void;
}

export function isWords(value: unknown): value is Words {
  return typeof value === "object" && value !== null && "zh" in value && "en" in value;
}

/** The texts of the screen in the language that the user chose in this browser. */
export function createI18n(): I18n {
  const chosen = readSetting("language");
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
    textOf: (value) => (isWords(value) ? pick(value) : String(value ?? "")),
    age: (milliseconds) => age(t.value.ago, milliseconds),
    choose: (next) => {
      language.value = next;
      writeSetting("language", next);
    },
    suggest: (code) => {
      if (readSetting("language") === null) language.value = code === "en" ? "en" : "zh";
    },
  };
}
