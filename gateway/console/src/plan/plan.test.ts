import { describe, expect, it } from "vitest";

import { anAlert, aDevice } from "../api/samples";
import type { Device } from "../api/types";
import { AlarmFinder } from "./alarms";
import { clusters, neighbourOf } from "./clusters";
import { viewingCone } from "./cone";
import { drawingOf, drawingTree, pathUp, placeAndAbove } from "./drawings";
import { inside, withChanges } from "./edit";
import { namesWithRoom } from "./names";
import type { DevicePosition, PlacePosition, Plan, PlanDrawing } from "./types";

const words = (text: string): { zh: string; en: string } => ({ zh: text, en: text });
const drawing = (id: string, place: string, parent: string | null, kind: PlanDrawing["kind"] = "svg"): PlanDrawing => ({
  id,
  name: words(id),
  place,
  parent,
  width: 1000,
  height: 500,
  kind,
  url: "",
});
const at = (place: string, on: string, x: number, y: number): PlacePosition => ({ place, name: words(place), drawing: on, x, y, outline: [] });
const position = (device: string, on: string, x: number, y: number): DevicePosition => ({
  device,
  drawing: on,
  x,
  y,
  direction: null,
  view: 70,
  range: null,
  listed: true,
});
const plan: Plan = {
  version: "1",
  drawings: [drawing("site", "", null), drawing("b1", "b1", "site", "made"), drawing("garage", "garage", "site"), drawing("b1-1f", "b1/u1", "b1")],
  devices: [position("beam", "site", 10, 20), position("panel", "site", 900, 400), position("door", "b1-1f", 5, 5)],
  places: [at("b1", "site", 200, 100), at("wall/n1", "site", 10, 25), at("wall/n2", "site", 60, 25)],
};
const devices = new Map<string, Device>(
  [
    { ...aDevice({ id: "beam" }), place: "wall/n1" },
    { ...aDevice({ id: "panel" }), place: "guardroom" },
  ].map((device) => [device.id, device]),
);

describe("drawings", () => {
  it("are a tree", () => {
    expect(drawingTree(plan.drawings).map((node) => [node.drawing.id, node.children.length])).toEqual([["site", 2]]);
    expect(pathUp("b1-1f", new Map(plan.drawings.map((one) => [one.id, one])))).toEqual(["b1-1f", "b1", "site"]);
  });

  it("are found by place, the most detailed first", () => {
    expect(placeAndAbove("b1/u1/101")).toEqual(["b1/u1/101", "b1/u1", "b1"]);
    expect(drawingOf("b1/u1/101", plan.drawings)?.id).toBe("b1-1f");
    expect(drawingOf("b1/u2/101", plan.drawings)?.id).toBe("b1");
    expect(drawingOf("b11", plan.drawings)).toBeNull();
  });
});

describe("alarms", () => {
  const finder = new AlarmFinder(plan, [at("b1/u2/101", "b1", 7, 8)]);
  const place = (alert: { place: string; device: string | null }): unknown => finder.find({ ...anAlert({ id: "a" }), ...alert }, devices);

  it("are where their device is, if that is at their place", () => {
    expect(place({ place: "wall/n1", device: "beam" })).toMatchObject({ drawing: "site", point: { x: 10, y: 20 } });
    expect(place({ place: "wall/n2", device: "panel" })).toMatchObject({ drawing: "site", point: { x: 60, y: 25 } });
  });

  it("are on the most detailed drawing of their place", () => {
    expect(place({ place: "b1/u2/101", device: null })).toMatchObject({ drawing: "b1", point: { x: 7, y: 8 } });
    expect(place({ place: "garage", device: null })).toEqual({ drawing: "garage", point: { x: 500, y: 450 } });
    expect(place({ place: "elsewhere", device: null })).toEqual({ drawing: null, point: null });
  });

  it("below are counted on the way up, and none is lost", () => {
    const alerts = [
      { ...anAlert({ id: "1" }), place: "b1/u1/101", device: null },
      { ...anAlert({ id: "2" }), place: "b1/u2/101", device: null },
      { ...anAlert({ id: "3" }), place: "wall/n1", device: "beam" },
      { ...anAlert({ id: "4" }), place: "wall/n1", device: "beam" },
      { ...anAlert({ id: "5" }), place: "", device: null },
    ];
    const placed = finder.place("site", alerts, devices);
    expect(placed.below.get("b1")?.length).toBe(2);
    expect(placed.within.get("b1-1f")?.length).toBe(1);
    expect(placed.marks.map((mark) => mark.alerts.length)).toEqual([2]);
    expect(placed.nowhere.map((alert) => alert.id)).toEqual(["5"]);
  });
});

describe("clusters", () => {
  const spots = Array.from({ length: 300 }, (_, index) => ({ x: (index * 37) % 900, y: (index * 91) % 400 }));

  it("keep every item once, and join only what is near", () => {
    const found = clusters(spots, 0.5, 36);
    expect(found.flatMap((cluster) => cluster.items).length).toBe(300);
    expect(found.length).toBeLessThan(300);
    for (const { items } of found) for (const item of items) expect(Math.hypot(item.x - items[0]!.x, item.y - items[0]!.y)).toBeLessThan(72);
  });

  it("fall apart when zoomed in", () => {
    expect(clusters(spots, 100, 36).length).toBe(300);
  });

  it("leave the nearest in an arrow's direction to step to", () => {
    const items = [{ x: 10, y: 0 }, { x: 5, y: 20 }, { x: -3, y: 0 }];
    expect(neighbourOf({ x: 0, y: 0 }, items, 1, 0)).toBe(items[0]);
    expect(neighbourOf({ x: 0, y: 0 }, items, 0, 1)).toBe(items[1]);
    expect(neighbourOf({ x: 0, y: 0 }, items, 0, -1)).toBeNull();
  });
});

describe("names", () => {
  it("are shown where they cover nothing", () => {
    const items = [
      { x: 0, y: 0, name: "北围墙1段" },
      { x: 20, y: 0, name: "北围墙2段" },
      { x: 400, y: 0, name: "东门" },
      { x: 800, y: 0, name: "" },
    ];
    expect([...namesWithRoom(items, 1)]).toEqual([0, 2]);
    expect([...namesWithRoom(items, 10)]).toEqual([0, 1, 2]);
  });
});

describe("a viewing cone", () => {
  const camera = { drawing: "site", x: 100, y: 100, direction: 90, view: 60, range: 50 };

  it("opens in the camera's direction", () => {
    const corners = viewingCone(camera, { width: 1000, height: 500 }) ?? [];
    expect(corners[0]).toEqual([100, 100]);
    for (const [x, y] of corners.slice(1)) expect(Math.hypot(x - 100, y - 100)).toBeCloseTo(50);
    expect(Math.max(...corners.map(([x]) => x))).toBeCloseTo(150);
    const [, first] = corners;
    expect(first?.[1]).toBeLessThan(100); // its left edge lies above: y grows downwards
  });

  it("needs a direction", () => {
    expect(viewingCone({ ...camera, direction: null }, { width: 1, height: 1 })).toBeNull();
  });
});

describe("an installer's changes", () => {
  it("stay inside of the drawing, in tenths", () => {
    expect(inside({ ...position("beam", "site", -5, 600.123), listed: true } as DevicePosition, plan.drawings[0]!)).toEqual({
      drawing: "site",
      x: 0,
      y: 500,
      direction: null,
      view: 70,
      range: null,
    });
  });

  it("show at once", () => {
    const changes = new Map([
      ["beam", { ...position("beam", "site", 1, 2) }],
      ["panel", null],
      ["new", { ...position("new", "b1", 3, 4) }],
    ]);
    const changed = withChanges(plan, changes).devices;
    expect(changed.map((one) => [one.device, one.x])).toEqual([["beam", 1], ["door", 5], ["new", 3]]);
  });
});
