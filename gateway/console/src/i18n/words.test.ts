import { describe, expect, it } from "vitest";

import { age } from "./ages";
import { en } from "./en";
import { zh } from "./zh";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe("ages", () => {
  it("are told in the words of the screen", () => {
    expect(age(zh.ago, 9 * SECOND)).toBe("9秒");
    expect(age(zh.ago, 65 * SECOND)).toBe("1分05秒");
    expect(age(en.ago, 2 * HOUR + 3 * 60 * SECOND)).toBe("2 h 03 min");
    expect(age(zh.ago, 51 * HOUR)).toBe("2天3小时");
  });

  it("of what lies ahead are none", () => {
    expect(age(zh.ago, -5 * SECOND)).toBe("0秒");
  });
});

/** Every path to a leaf; lists of words that grow by themselves count as well. */
const paths = (node: unknown, path = ""): string[] =>
  typeof node === "object" && node !== null
    ? Object.entries(node).flatMap(([key, child]) => paths(child, `${path}/${key}`))
    : [path];

it("says everything in both languages", () => {
  expect(paths(en).sort()).toEqual(paths(zh).sort());
});
