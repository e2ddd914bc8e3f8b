import { byUrgency, isUntouched, SEVERITIES } from "../alerts/order";
import type { Alert, Device, Severity } from "../api/types";
import { drawingOf, pathUp, placeAndAbove } from "./drawings";
import type { Plan, PlanDrawing, PlacePosition, Position } from "./types";

/** Where an alarm is. `point` is null while its drawing's rooms are not loaded, or where it shows no place. */
export interface AlarmSpot {
  drawing: string | null;
  point: { x: number; y: number } | null;
}

/** Alarms at one point of the shown drawing, the most urgent first. */
export interface AlarmMark {
  key: string;
  x: number;
  y: number;
  alerts: Alert[];
}

export interface PlacedAlarms {
  marks: AlarmMark[];
  /** by the id of a drawing directly below the shown one: the alarms on it and below it */
  below: Map<string, Alert[]>;
  /** by the id of every drawing: the alarms on it and below it */
  within: Map<string, Alert[]>;
  /** on no drawing at all */
  nowhere: Alert[];
}

/** Finds alarms on the drawings. `rooms` are the places of the shown drawing, read with it. */
export class AlarmFinder {
  private readonly drawings: Map<string, PlanDrawing>;
  private readonly positions: Map<string, Position>;
  private readonly anchors = new Map<string, Map<string, PlacePosition>>();

  constructor(
    private readonly plan: Plan,
    rooms: readonly PlacePosition[],
  ) {
    this.drawings = new Map(plan.drawings.map((drawing) => [drawing.id, drawing]));
    this.positions = new Map(plan.devices.map((position) => [position.device, position]));
    for (const place of [...plan.places, ...rooms]) {
      const known = this.anchors.get(place.drawing) ?? new Map<string, PlacePosition>();
      this.anchors.set(place.drawing, known.set(place.place, place));
    }
  }

  find(alert: Alert, devices: ReadonlyMap<string, Device>): AlarmSpot {
    const device = alert.device === null ? undefined : devices.get(alert.device);
    const position = device && this.positions.get(device.id);
    // A panel raises alarms of other places: its own position is then the wrong one.
    if (position && placeAndAbove(alert.place).includes(device.place)) return { drawing: position.drawing, point: position };
    return this.findPlace(alert.place);
  }

  /** Puts the alarms on the shown drawing, or on the way to the drawing they are on. */
  place(shown: string, alerts: Iterable<Alert>, devices: ReadonlyMap<string, Device>): PlacedAlarms {
    const placed: PlacedAlarms = { marks: [], below: new Map(), within: new Map(), nowhere: [] };
    const marks = new Map<string, AlarmMark>();
    for (const alert of [...alerts].sort(byUrgency)) {
      const { drawing, point } = this.find(alert, devices);
      if (drawing === null) {
        placed.nowhere.push(alert);
        continue;
      }
      const path = pathUp(drawing, this.drawings);
      for (const id of path) add(placed.within, id, alert);
      const at = path.indexOf(shown);
      if (at > 0) add(placed.below, path[at - 1] as string, alert);
      else if (at === 0 && point) addMark(marks, point, alert);
    }
    placed.marks = [...marks.values()];
    return placed;
  }

  /** Where a drawing below the shown one is marked on it; null when plan.yaml gives its place no position there. */
  entry(drawing: PlanDrawing, shown: string): PlacePosition | null {
    return this.anchors.get(shown)?.get(drawing.place) ?? null;
  }

  /** The corners of a place on one drawing; none where it is a point. */
  outline(place: string, drawing: string): [number, number][] {
    return this.anchors.get(drawing)?.get(place)?.outline ?? [];
  }

  private findPlace(place: string): AlarmSpot {
    const detailed = drawingOf(place, this.plan.drawings);
    const ids = detailed ? [detailed.id] : [...this.anchors.keys()];
    for (const path of placeAndAbove(place)) {
      for (const id of ids) {
        const anchor = this.anchors.get(id)?.get(path);
        if (anchor) return { drawing: id, point: anchor };
      }
    }
    if (!detailed) return { drawing: null, point: null };
    const loaded = detailed.kind !== "made" || this.anchors.has(detailed.id);
    // As the gateway puts devices whose place is the whole drawing.
    return { drawing: detailed.id, point: loaded ? { x: detailed.width / 2, y: detailed.height * 0.9 } : null };
  }
}

export const worst = (alerts: readonly Alert[]): Severity =>
  SEVERITIES.find((severity) => alerts.some((alert) => alert.severity === severity)) ?? "low";

export const anyUntouched = (alerts: readonly Alert[]): boolean => alerts.some(isUntouched);

function add(lists: Map<string, Alert[]>, key: string, alert: Alert): void {
  const list = lists.get(key);
  if (list) list.push(alert);
  else lists.set(key, [alert]);
}

function addMark(marks: Map<string, AlarmMark>, { x, y }: { x: number; y: number }, alert: Alert): void {
  const key = `${x} ${y}`;
  const mark = marks.get(key);
  if (mark) mark.alerts.push(alert);
  else marks.set(key, { key, x, y, alerts: [alert] });
}
