import { expect, it } from "vitest";

import { inPairs, printable } from "./bytes";

it("prints bytes as tools do", () => {
  expect(inPairs("0a4f4b00")).toBe("0a 4f 4b 00");
  expect(printable("0a4f4b00")).toBe(".OK.");
  expect(printable("7be5898de997a87d")).toBe("{前门}");
  expect(printable("41fffeE28090e280aee59b")).toBe("A..‐..");
  expect(printable("efbbbf41")).toBe(".A");
  expect([inPairs(""), printable("")]).toEqual(["", ""]);
});
