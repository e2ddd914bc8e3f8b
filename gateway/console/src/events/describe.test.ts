import { expect, it } from "vitest";

import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { describe } from "./describe";

it("shows of a card its last digits alone, though its number is in the signal", () => {
  const data = { credential: "**** 60", format: "H10301", card: { number: 24960, facility: 110, bits: 26 } };
  expect(describe(data, zh)).toBe("凭证：**** 60，格式：H10301");
  expect(describe(data, en)).toBe("credential: **** 60, format: H10301");
});

it("takes a device's word for nothing that every object has", () => {
  expect(describe({ action: "constructor", why: "toString", valueOf: "x" }, zh)).toBe("指令：constructor，原因：toString，valueOf：x");
});

it("shows of a PIN how long it was", () => {
  expect(describe({ digits: 4 }, zh)).toBe("位数：4");
});

it("gives a reason in the language of the screen, and one that came in one language as it is", () => {
  const data = { action: "close", why: { zh: "地感有车，不能落杆", en: "something stands on the loop" }, sense: "loop" };
  expect(describe(data, zh)).toBe("指令：落杆，原因：地感有车，不能落杆");
  expect(describe(data, en)).toContain("reason: something stands on the loop");
  expect(describe({ why: "jammed" }, zh)).toBe("原因：jammed");
});
