import { expect, it } from "vitest";

import { lengthOf } from "./passes";
import { en, zh } from "./words";

it("says a length in hours, and in days from two on", () => {
  expect(lengthOf(3600, zh)).toBe(" 1 小时");
  expect(lengthOf(5400, zh)).toBe(" 1.5 小时");
  expect(lengthOf(86_400, en)).toBe("24 h");
  expect(lengthOf(180 * 86_400, en)).toBe("180 days");
});
