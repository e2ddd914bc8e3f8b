import { describe, expect, it } from "vitest";

import { anEscalation, anIncident, at } from "../api/samples";
import { age } from "../i18n/ages";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { type Telling, heldUntil, nextStep, reminder, stepsTaken } from "./coming";

const inChinese: Telling = { t: zh, pick: (words) => words?.zh ?? "", age: (ms) => age(zh.ago, ms), clockTime: (time) => time.slice(11, 16) };
const inEnglish: Telling = { t: en, pick: (words) => words?.en ?? "", age: (ms) => age(en.ago, ms), clockTime: (time) => time.slice(11, 16) };
const now = (second: number): number => Date.parse(at(second));
const told = { zh: "通知值班主管", en: "notify the supervisor" };

describe("what comes next", () => {
  const incident = anIncident({ escalation: anEscalation({ next_at: at(80), next: told, taken: [{ zh: "本台加大音量", en: "this desk becomes louder" }], level: 1 }) });

  it("is told with its time, and what was done", () => {
    expect(nextStep(incident, now(0), inChinese)).toBe("1分20秒后通知值班主管");
    expect(nextStep(incident, now(0), inEnglish)).toBe("in 1 min 20 s: notify the supervisor");
    expect(nextStep(incident, now(81), inChinese)).toBe("即将通知值班主管");
    expect(stepsTaken(incident, inChinese)).toBe("已执行：本台加大音量");
  });

  it("is nothing where no step comes", () => {
    expect(nextStep(anIncident(), now(0), inChinese)).toBe("");
    expect(stepsTaken(anIncident(), inChinese)).toBe("");
  });

  it("says until when it is on hold", () => {
    expect(heldUntil(anIncident({ state: "on_hold", held_until: at(3600) }), inChinese)).toBe("挂起至 01:00");
    expect(heldUntil(anIncident({ held_until: at(3600) }), inChinese)).toBe("");
  });

  it("says what a guard wants to be reminded of, and for a minute that it has reminded", () => {
    const asked = anIncident({ state: "acknowledged", remind_at: at(3600), remind_note: "回电" });
    expect(reminder(asked, now(0), inChinese)).toBe("01:00 提醒：回电");
    const done = anIncident({ state: "acknowledged", remind_at: at(3600), reminded_at: at(10) });
    expect(reminder(done, now(30), inChinese)).toContain("该看看了");
    expect(reminder(done, now(90), inChinese)).toBe("");
  });
});
