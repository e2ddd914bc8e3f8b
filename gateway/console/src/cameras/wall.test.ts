import { describe, expect, it } from "vitest";

import { aDevice } from "../api/samples";
import { camerasOf, withCamera, readWall, turnPage, writeWall } from "./wall";

const camera = (number: number) => aDevice({ id: `c${number}`, type: "camera", place: `wall/n${number}` });
const cameras = Array.from({ length: 20 }, (_, at) => camera(at + 1));
const shown = (wall: { places: readonly (string | null)[] }, count: number) => wall.places.slice(0, count);

describe("the wall", () => {
  it("shows cameras alone, in the order of the compound", () => {
    const devices = [camera(10), aDevice(), camera(9)];
    expect(camerasOf(devices).map((device) => device.id)).toEqual(["c9", "c10"]);
  });

  it("begins with the first, and as many as there are", () => {
    expect(readWall(null, cameras.slice(0, 3))).toMatchObject({ size: 4 });
    expect(readWall(null, [])).toMatchObject({ size: 1 });
    const wall = readWall(null, cameras);
    expect(wall.size).toBe(16);
    expect(shown(wall, 2)).toEqual(["c1", "c2"]);
  });

  it("is as it was left", () => {
    const left = withCamera({ ...readWall(null, cameras), size: 4 }, 1, "c20");
    expect(readWall(writeWall(left), cameras)).toEqual(left);
  });

  it("forgets cameras that are gone, and begins anew when all are", () => {
    const left = writeWall({ size: 4, places: ["c1", "gone", "c2"] });
    expect(shown(readWall(left, cameras), 4)).toEqual(["c1", null, "c2", null]);
    expect(shown(readWall(writeWall({ size: 9, places: ["gone"] }), cameras), 2)).toEqual(["c1", "c2"]);
  });

  it.each(["nonsense", "{}", '{"size":7,"places":[]}', '{"size":4,"places":{"0":"c1"}}'])("does not trust %s", (text) => {
    expect(shown(readWall(text, cameras), 2)).toEqual(["c1", "c2"]);
  });

  it("shows no camera twice: they change places", () => {
    const wall = withCamera(readWall(null, cameras), 0, "c3");
    expect(shown(wall, 3)).toEqual(["c3", "c2", "c1"]);
    expect(shown(withCamera(wall, 1, null), 3)).toEqual(["c3", null, "c1"]);
  });

  it("turns through all cameras and comes round", () => {
    const first = { ...readWall(null, cameras), size: 9 as const };
    const second = turnPage(first, cameras, 1);
    expect(shown(second, 2)).toEqual(["c10", "c11"]);
    const third = turnPage(second, cameras, 1);
    expect(shown(third, 3)).toEqual(["c19", "c20", null]);
    expect(shown(turnPage(third, cameras, 1), 1)).toEqual(["c1"]);
    expect(shown(turnPage(first, cameras, -1), 1)).toEqual(["c19"]);
    expect(shown(turnPage({ size: 4, places: [] }, [], 1), 1)).toEqual([null]);
  });
});
