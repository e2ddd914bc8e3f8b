import type { Tour } from "../api/types";

/** Where a tour is. `paused` by the guard, or `alarmed`: by an alert that came. */
export interface TourState {
  /** 0 and up */
  step: number;
  phase: "running" | "paused" | "alarmed";
}

export type TourEvent = "next" | "previous" | "dwelt" | "pause" | "resume" | "alarm";

/** The cameras of each step; the last step may have fewer. Cameras that are gone are left out. */
export function stepsOf(tour: Pick<Tour, "cameras" | "layout">, known: ReadonlySet<string>): string[][] {
  const cameras = tour.cameras.filter((camera) => known.has(camera));
  const steps: string[][] = [];
  for (let at = 0; at < cameras.length; at += tour.layout) steps.push(cameras.slice(at, at + tour.layout));
  return steps;
}

/** The state after an event, with `count` steps. Moving by hand does not end a pause. */
export function advance(state: TourState, event: TourEvent, count: number): TourState {
  const moved = (by: number): number => (count === 0 ? 0 : (state.step + by + count) % count);
  if (event === "next") return { ...state, step: moved(1) };
  if (event === "previous") return { ...state, step: moved(-1) };
  if (event === "dwelt") return state.phase === "running" ? { ...state, step: moved(1) } : state;
  if (event === "pause") return { ...state, phase: "paused" };
  if (event === "resume") return { ...state, phase: "running" };
  return state.phase === "running" ? { ...state, phase: "alarmed" } : state;
}
