import { describe, expect, it } from "vitest";

import type { AskedEntry } from "../patrol/types";
import { draftOf, emptyForm, missing, needsNote } from "./draft";

const words = { zh: "项", en: "item" };
const entry: AskedEntry = {
  key: "fire@1", log: "fire", name: words, place: "p", place_name: words, due_at: "", until: "", late: false, people: 2,
  items: [
    { id: "panel", text: words, kind: "tick" },
    { id: "pressure", text: words, kind: "number" },
    { id: "remark", text: words, kind: "text" },
  ],
};

describe("the form of the duty log", () => {
  it("asks for every line", () => {
    expect(missing(entry, emptyForm(entry, "guard"))).toEqual(["panel", "pressure", "remark"]);
  });
  it("takes figures with a comma and refuses what is none", () => {
    const form = { people: ["guard"], answers: { panel: true, pressure: "0,35", remark: "无" }, note: "" };
    expect(missing(entry, form)).toEqual([]);
    expect(draftOf(entry, form).answers).toEqual({ panel: true, pressure: 0.35, remark: "无" });
    expect(missing(entry, { ...form, answers: { ...form.answers, pressure: "高" } })).toEqual(["pressure"]);
  });
  it("wants a note on what is not in order", () => {
    const form = { people: ["guard"], answers: { panel: false, pressure: "1", remark: "无" }, note: " " };
    expect(needsNote(entry, form)).toBe(true);
    expect(needsNote(entry, { ...form, note: "主机故障" })).toBe(false);
  });
});
