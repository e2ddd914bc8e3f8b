import { expect, it } from "vitest";

import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { describe, kindWord } from "./describe";

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

it("gives figures their units, times the guard's clock, and no key of the machinery", () => {
  const clock = (iso: string): string => iso.slice(11, 19);
  expect(describe({ percent: 9 }, zh)).toBe("9%");
  expect(describe({ zone: 3, seconds: 8.24, text: "门" }, zh)).toBe("8.24秒，门，防区：3");
  expect(describe({ last_heard: "2026-11-22T21:18:09+00:00" }, zh, clock)).toBe("最后消息：21:18:09");
  expect(describe({ unit: "io-gate", how: "blurred", was: "frozen", topic: "a/b" }, zh)).toBe("模块：io-gate，情况：画面模糊");
});

it("has a word for a panel's code that is no kind of ours", () => {
  expect(kindWord("x.dc09.e602", zh)).toBe("主机其他上报");
  expect(kindWord("mains.own", zh)).toBe("mains.own");
});
