import { expect, it } from "vitest";

import { inPairs, printable } from "./bytes";

it("prints bytes as tools do", () => {
  expect(inPairs("0a4f4b00")).toBe("0a 4f 4b 00");
  expect(printable("0a4f4b00")).toBe(".OK.");
  expect([inPairs(""), printable("")]).toEqual(["", ""]);
});
