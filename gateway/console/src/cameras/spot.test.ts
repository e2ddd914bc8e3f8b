import { describe, expect, it } from "vitest";

import { anAlert, at } from "../api/samples";
import { MAX_LIVE, MAX_MAIN, scenesOf, spotPicture } from "./spot";

describe("the spot page", () => {
  it("shows nothing large when nothing is open", () => {
    expect(spotPicture([])).toEqual({ main: null, strip: [], more: 0 });
  });

  it("has the cameras of one incident together, each once and not too many", () => {
    const one = anAlert({ id: "a-1", incident: "i-1", cameras: ["north", "lane"] });
    const two = anAlert({ id: "a-2", incident: "i-1", cameras: ["lane", "yard", "c4", "c5", "c6", "c7"], severity: "critical" });
    const [scene] = scenesOf([one, two]);
    expect(scene?.top.id).toBe("a-2");
    expect(scene?.cameras).toEqual(["lane", "yard", "c4", "c5", "c6", "c7"]);
    expect(scene?.cameras.length).toBe(MAX_MAIN);
  });

  it("follows the most urgent, and prefers one that can be seen among equals", () => {
    const blind = anAlert({ id: "a-1", raised_at: at(0) });
    const seen = anAlert({ id: "a-2", raised_at: at(9), cameras: ["gate"] });
    expect(spotPicture([blind, seen]).main?.id).toBe("a-2");
    const graver = anAlert({ id: "a-3", severity: "critical", raised_at: at(10) });
    expect(spotPicture([blind, seen, graver]).main?.id).toBe("a-3");
    expect(spotPicture([blind, anAlert({ ...seen, state: "acknowledged" })]).main?.id).toBe("a-1");
  });

  it("counts the scenes that it has no room for", () => {
    const many = Array.from({ length: 10 }, (_, n) => anAlert({ id: `a-${n}`, cameras: ["gate"] }));
    const { strip, more } = spotPicture(many);
    expect(strip.length + MAX_MAIN).toBe(MAX_LIVE);
    expect(more).toBe(6);
  });
});
