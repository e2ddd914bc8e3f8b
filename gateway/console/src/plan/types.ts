import type { Words } from "../api/types";

/** The JSON of /api/v1/plan. x to the right and y down, in the units of the drawing. */

export interface PlanDrawing {
  id: string;
  name: Words;
  /** "" for the whole compound */
  place: string;
  parent: string | null;
  width: number;
  height: number;
  /** `made`: the gateway drew it from the places */
  kind: "made" | "svg" | "picture";
  url: string;
}

export interface Position {
  drawing: string;
  x: number;
  y: number;
  /** where a camera looks, in degrees: 0 is up, 90 to the right */
  direction: number | null;
  view: number;
  range: number | null;
}

export interface DevicePosition extends Position {
  device: string;
  /** plan.yaml gives the position; else the device was put at its place */
  listed: boolean;
}

export interface PlacePosition {
  place: string;
  name: Words;
  drawing: string;
  x: number;
  y: number;
  outline: [number, number][];
}

export interface Plan {
  version: string;
  drawings: PlanDrawing[];
  devices: DevicePosition[];
  places: PlacePosition[];
}

export interface PlanChangeRequest {
  version: string;
  devices: Record<string, Position | null>;
  dry_run: boolean;
}

export interface PlanChange {
  difference: string;
  version: string;
  applied: boolean;
}
