import { describe, expect, it } from "vitest";

import { countBySeverity, sum } from "../alerts/order";
import { anIncident, at } from "../api/samples";
import type { Incident } from "../api/types";
import { bySortKey } from "../live/open";
import { MAX_LIVE, MAX_MAIN, camerasAt, spotPicture } from "./spot";

const none = countBySeverity([]);
/** What is shown of these in the desk's order, when there are no others. */
const shown = (...incidents: Incident[]): ReturnType<typeof spotPicture> => spotPicture([...incidents].sort(bySortKey), countBySeverity(incidents));

describe("the spot page", () => {
  it("shows nothing large when nothing is open", () => {
    expect(spotPicture([], none)).toEqual({ main: null, strip: [], more: none });
  });

  it("has not too many cameras of an incident, the nearest", () => {
    const cameras = ["lane", "yard", "c3", "c4", "c5", "c6", "c7"];
    expect(camerasAt(anIncident({ cameras }))).toEqual(cameras.slice(0, MAX_MAIN));
  });

  it("follows the most urgent, and prefers one that can be seen among equals", () => {
    const blind = anIncident({ id: "i-1", opened_at: at(0) });
    const seen = anIncident({ id: "i-2", opened_at: at(9), cameras: ["gate"] });
    expect(shown(blind, seen).main?.id).toBe("i-2");
    expect(shown(blind, seen, anIncident({ id: "i-3", severity: "critical", opened_at: at(10) })).main?.id).toBe("i-3");
    expect(shown(blind, anIncident({ id: "i-2", opened_at: at(9), cameras: ["gate"], state: "acknowledged" })).main?.id).toBe("i-1");
  });

  it("has the others in the desk's order", () => {
    const held = anIncident({ id: "held", severity: "critical", state: "on_hold", opened_at: at(0) });
    const hand = anIncident({ id: "hand", severity: "critical", state: "on_scene", opened_at: at(1) });
    const fresh = anIncident({ id: "fresh", severity: "critical", opened_at: at(2) });
    const { main, strip } = shown(anIncident({ id: "fence" }), held, hand, fresh);
    expect([main, ...strip].map((incident) => incident?.id)).toEqual(["fresh", "hand", "held", "fence"]);
  });

  it("counts by severity what it has no room for, and what this page does not have", () => {
    const many = Array.from({ length: 10 }, (_, n) => anIncident({ id: `i-${n}`, cameras: ["gate"] }));
    const { strip, more } = spotPicture(many, { ...none, high: 40, low: 7 });
    expect(strip.length + MAX_MAIN).toBe(MAX_LIVE);
    expect(more).toEqual({ ...none, high: 36, low: 7 });
    expect(sum(shown(...many).more)).toBe(6);
  });
});
