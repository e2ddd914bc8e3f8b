import { describe, expect, it } from "vitest";

import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { doer } from "./doer";

describe("doer", () => {
  it("gives users their name, and everybody else a word", () => {
    expect(doer("guard", zh)).toBe("guard");
    expect(doer("resident:p-1", zh)).toBe("住户");
    expect(doer("access:door-b1-u1", en)).toBe("door access");
  });
});
