import type { PlanDrawing } from "./types";

export interface DrawingNode {
  drawing: PlanDrawing;
  children: DrawingNode[];
}

/** The drawings as a tree. One whose parent is missing stands at the top. */
export function drawingTree(drawings: readonly PlanDrawing[]): DrawingNode[] {
  const nodes = new Map(drawings.map((drawing) => [drawing.id, { drawing, children: [] as DrawingNode[] }]));
  const roots: DrawingNode[] = [];
  for (const node of nodes.values()) {
    const parent = node.drawing.parent === null ? undefined : nodes.get(node.drawing.parent);
    (parent?.children ?? roots).push(node);
  }
  return roots;
}

/** The drawing itself and those above it, the topmost last. */
export function pathUp(id: string, drawings: ReadonlyMap<string, PlanDrawing>): string[] {
  const path: string[] = [];
  for (let at: string | null | undefined = id; at && !path.includes(at); at = drawings.get(at)?.parent) path.push(at);
  return path;
}

/** The place itself and those above it: b1/u1/101, b1/u1, b1. */
export function placeAndAbove(place: string): string[] {
  const parts = place.split("/");
  return place === "" ? [] : parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}

/** The most detailed drawing that shows a place: that of the place itself or of the nearest place above it. */
export function drawingOf(place: string, drawings: readonly PlanDrawing[]): PlanDrawing | null {
  for (const path of placeAndAbove(place)) {
    const found = drawings.find((drawing) => drawing.place === path);
    if (found) return found;
  }
  return null;
}
