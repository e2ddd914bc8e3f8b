import { describe, expect, it } from "vitest";

import type { Gateway } from "../api/gateway";
import { HOLDS, LONGEST, createStepForm, isDuration } from "./stepForm";

const holding = () => {
  const form = createStepForm({} as Gateway);
  form.mode.value = "holding";
  return form;
};

describe("a hold", () => {
  it("lasts half an hour, or as long as the chosen key says", () => {
    const form = holding();
    expect(form.body("hold")).toEqual({ minutes: 30 });
    form.pick(3, null);
    expect(form.body("hold")).toEqual({ minutes: HOLDS[2] });
  });

  it("has a note, and a time of one's own", () => {
    const form = holding();
    form.note.value = " 等物业 ";
    form.minutes.value = 45;
    expect(form.body("hold")).toEqual({ minutes: 45, note: "等物业" });
  });

  it("is not sent without a time that can be", () => {
    const form = holding();
    form.minutes.value = NaN;
    expect(form.body("hold")).toBeNull();
    expect([0, -1, 1.5, LONGEST + 1].some(isDuration)).toBe(false);
    expect([1, LONGEST].every(isDuration)).toBe(true);
  });
});
