import { describe, expect, it } from "vitest";

import { aSignal, anAlert, at } from "../api/samples";
import { describe as describeData } from "../events/describe";
import { familyOf, matching } from "../events/families";
import { zh } from "../i18n/zh";
import { closing } from "./closing";
import { usePages } from "./pages";
import { EMPTY, needsReason, queryOf } from "./search";

describe("pages", () => {
  const pages = { first: { items: [{ id: "3" }, { id: "2" }], next: "b" }, b: { items: [{ id: "2" }, { id: "1" }], next: null } };

  it("follow the cursor to the end, each item once", async () => {
    const asked: (string | null)[] = [];
    const list = usePages(async (after) => (asked.push(after), pages[(after ?? "first") as "first"]), String);
    await list.restart();
    await list.more();
    expect(list.items.value.map((item) => item.id)).toEqual(["3", "2", "1"]);
    expect(list.ended.value).toBe(true);
    expect(asked).toEqual([null, "b"]);
  });

  it("say what went wrong and keep what they have", async () => {
    let well = true;
    const list = usePages(
      async () => {
        if (!well) throw new Error("网关没有回应");
        return pages.first;
      },
      (error) => (error as Error).message,
    );
    await list.restart();
    well = false;
    await list.more();
    expect(list.error.value).toBe("网关没有回应");
    expect(list.items.value).toHaveLength(2);
    expect(list.loading.value).toBe(false);
  });
});

describe("a search begun while the one before is under way", () => {
  it("is the one that is shown, whichever is answered first", async () => {
    const answers: ((page: { items: { id: string }[]; next: null }) => void)[] = [];
    const list = usePages<{ id: string }>(() => new Promise((resolve) => answers.push(resolve)), String);
    const [first, second] = [list.restart(), list.restart()];
    answers[1]?.({ items: [{ id: "asked last" }], next: null });
    await second;
    answers[0]?.({ items: [{ id: "asked first" }], next: null });
    await first;
    expect(list.items.value.map((item) => item.id)).toEqual(["asked last"]);
    expect(list.loading.value).toBe(false);
  });
});

describe("closed alerts", () => {
  const step = (action: string, note: string) => ({ action, user: "guard", at: at(9), note, to: null, incident: null });
  const alerts = [
    anAlert({ id: "cat", disposition: "nuisance", steps: [step("close", "是一只猫")] }),
    anAlert({ id: "thief", disposition: "real", severity: "critical", steps: [step("acknowledge", ""), step("close", "")] }),
  ];

  it("say who closed them", () => {
    expect(closing(alerts[0] ?? anAlert())).toEqual({ user: "guard", at: at(9), note: "是一只猫" });
    expect(closing(anAlert())).toBeNull();
  });
});

describe("a search", () => {
  it("for a person or a plate needs a reason", () => {
    expect(needsReason(EMPTY)).toBe(false);
    expect(needsReason({ ...EMPTY, plate: "8K2" })).toBe(true);
    expect(needsReason({ ...EMPTY, person: "王", why: " " })).toBe(true);
    expect(needsReason({ ...EMPTY, person: "王", why: "寻人" })).toBe(false);
  });

  it("without a beginning goes back as far as a request may", () => {
    const now = Date.parse("2026-11-30T08:00:00Z");
    expect(queryOf(EMPTY, now).from).toBe("2025-10-27");
    expect(queryOf({ ...EMPTY, to: "2026-01-01" }, now).from).toBe("2024-11-28");
    expect(queryOf({ ...EMPTY, from: "2026-11-01", words: " 猫 " }, now)).toMatchObject({ from: "2026-11-01", words: "猫" });
  });
});

describe("events", () => {
  it("belong to families, a third party's own to the others", () => {
    expect([familyOf("fire.alarm"), familyOf("plate.read"), familyOf("x.acme.tilt")]).toEqual(["alarm", "sighting", "other"]);
  });

  it("are found by their words on the screen", () => {
    const signals = [aSignal({ id: "1", kind: "plate.read", data: { plate: "苏M8K217" } }), aSignal({ id: "2" })];
    expect(matching(signals, { family: null, text: "8k2" }, zh).map((signal) => signal.id)).toEqual(["1"]);
    expect(matching(signals, { family: "alarm", text: "防区报警" }, zh).map((signal) => signal.id)).toEqual(["2"]);
  });

  it("show plain values and leave machinery out", () => {
    const data = { plate: "苏M8K217", score: 0.93456, box: [1, 2], snapshot: "ab12", armed: true, wet: true, empty: "" };
    expect(describeData(data, zh)).toBe("苏M8K217，把握：0.93，wet：是");
    const crossing = { event: "crossed", line: "北墙", direction: "left_to_right", class: "drone" };
    expect(describeData(crossing, zh)).toBe("情况：越线，警戒线：北墙，方向：从左到右，目标：drone");
  });
});
