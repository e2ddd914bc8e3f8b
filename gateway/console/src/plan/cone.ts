import type { Position } from "./types";

const STEP = 10;
/** Of a camera whose range is not given, as a part of the drawing's shorter side. */
const USUAL_RANGE = 0.12;

/** What a camera sees, as the corners of a circle's part; null without a direction. */
export function viewingCone(position: Position, drawing: { width: number; height: number }): [number, number][] | null {
  if (position.direction === null) return null;
  const range = position.range ?? Math.min(drawing.width, drawing.height) * USUAL_RANGE;
  const from = position.direction - position.view / 2;
  const steps = Math.max(1, Math.ceil(position.view / STEP));
  const arc = Array.from({ length: steps + 1 }, (_, index): [number, number] => {
    const angle = ((from + (position.view * index) / steps) * Math.PI) / 180;
    return [position.x + Math.sin(angle) * range, position.y - Math.cos(angle) * range];
  });
  return position.view >= 360 ? arc : [[position.x, position.y], ...arc];
}
