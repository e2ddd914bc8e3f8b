import { describe, expect, it } from "vitest";

import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { stepWord } from "./steps";

describe("the name of a step", () => {
  it("is a word in both languages", () => {
    expect(stepWord("escalate", zh)).toBe("升级");
    expect(stepWord("escalate", en)).toBe("Escalated");
  });

  it("of a command says which", () => {
    expect(stepWord("command:unlock", zh)).toBe("发指令 · 开门");
    expect(stepWord("command:x-own", en)).toBe("Command sent");
  });

  it("is never the raw one, not even one that every object has", () => {
    expect(stepWord("something-new", zh)).toBe("其他操作");
    expect(stepWord("constructor", en)).toBe("Other");
  });
});
