import L from "leaflet";
import "leaflet/dist/leaflet.css";

import { type Pulse, Pulses } from "./pulses";
import type { PlanDrawing } from "./types";

/** One mark on the map. It is drawn again when `look` changes. */
export interface Mark {
  key: string;
  x: number;
  y: number;
  pane: "below" | "devices" | "alarms";
  /** classes of the mark */
  look: string;
  /** trusted: made by icons.ts and of numbers */
  icon: string;
  /** shown beside the mark while there is room; plain text */
  name: string;
  /** for screen readers, and as the tooltip */
  label: string;
  /** reached by Tab; the others by the arrow keys */
  tab: boolean;
  draggable: boolean;
  /** a ring around the mark: the mark's size and how far it is above its place, in rem (null: on it); a CSS variable */
  pulse?: { size: number; lift: number | null; colour: string };
}

export interface Area {
  corners: [number, number][];
  colour: string;
  strong: boolean;
}

export interface MapEvents {
  open: (key: string) => void;
  /** an arrow key on a mark; true when it was used */
  arrow: (key: string, dx: number, dy: number, far: boolean) => boolean;
  dragged: (key: string, x: number, y: number) => void;
  zoomed: () => void;
}

interface Shown {
  mark: Mark;
  marker: L.Marker;
  element: HTMLElement;
}

const ARROWS: Record<string, [number, number]> = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const ZOOMS = 5;
const LOOK_AGE = 1_000;
const COLOURS = ["--critical-fill", "--high-fill", "--medium-fill", "--low-fill"];
const PANES = { cones: "450", below: "600", devices: "620", alarms: "650" };

const rootFont = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;

/** A drawing with marks on it: Leaflet without a map of the earth. y grows downwards, as in the drawing. */
export class PlanMap {
  private readonly map: L.Map;
  private readonly shown = new Map<string, Shown>();
  private readonly areas: L.LayerGroup;
  private readonly canvas: L.Canvas;
  private readonly resizes: ResizeObserver;
  private image: L.ImageOverlay | null = null;
  private drawing: PlanDrawing | null = null;
  private moved = false;
  private look = { at: -Infinity, rem: 16, part: 1, colours: new Map<string, string>() };
  private readonly pulses: Pulses;

  constructor(
    container: HTMLElement,
    private readonly events: MapEvents,
  ) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = L.map(container, {
      crs: L.CRS.Simple,
      zoomSnap: 0.25,
      zoomDelta: 0.5,
      wheelPxPerZoomLevel: 120,
      zoomControl: false,
      attributionControl: false,
      // A step of the zoom is one picture: to move hundreds of marks for a quarter of a second costs old computers too much.
      zoomAnimation: false,
      fadeAnimation: false,
      inertia: !still,
      maxBoundsViscosity: 0.8,
    });
    for (const [name, order] of Object.entries(PANES)) this.map.createPane(name).style.zIndex = order;
    (this.map.getPane("cones") as HTMLElement).style.pointerEvents = "none";
    this.canvas = L.canvas({ pane: "cones", padding: 0.3 });
    this.areas = L.layerGroup().addTo(this.map);
    this.map.on("zoomend", () => this.events.zoomed());
    this.map.on("dragstart zoomstart", () => (this.moved = true));
    this.pulses = new Pulses(container, () => this.rings());
    this.resizes = new ResizeObserver(() => this.resized());
    this.resizes.observe(container);
  }

  /** Pixels per unit of the drawing, of the pixels of a screen whose root font is 16 of them high: marks grow with it. */
  get scale(): number {
    return this.drawing ? (2 ** this.map.getZoom() * 16) / rootFont() : 1;
  }

  get center(): { x: number; y: number } {
    const { lat, lng } = this.map.getCenter();
    return { x: lng, y: -lat };
  }

  show(drawing: PlanDrawing, url: string): void {
    this.image?.remove();
    this.clear();
    this.drawing = drawing;
    this.image = L.imageOverlay(url, this.bounds(drawing), { className: `plan-drawing ${drawing.kind}`, alt: "" }).addTo(this.map);
    this.fit();
  }

  fit(): void {
    if (!this.drawing) return;
    const bounds = this.bounds(this.drawing);
    this.map.setMinZoom(-20).setMaxZoom(20).setMaxBounds(bounds.pad(0.25));
    // Room for the buttons on the left, for marks above the upper edge and for the name below.
    const [left, top, low] = this.map.getSize().x > 600 ? [4 * rootFont(), 3.6 * rootFont(), 2.6 * rootFont()] : [8, 56, 48];
    this.map.fitBounds(bounds, { animate: false, paddingTopLeft: [left, top], paddingBottomRight: [8, low] });
    const whole = this.map.getZoom();
    this.map.setMinZoom(whole).setMaxZoom(whole + ZOOMS);
    this.moved = false;
    this.events.zoomed();
  }

  zoom(step: number): void {
    this.map.setZoom(this.map.getZoom() + step);
  }

  zoomTo(x: number, y: number, step: number): void {
    this.map.setView(this.at(x, y), Math.min(this.map.getZoom() + step, this.map.getMaxZoom()));
  }

  setMarks(marks: readonly Mark[]): void {
    const kept = new Set(marks.map((mark) => mark.key));
    for (const [key, { marker }] of this.shown) {
      if (kept.has(key)) continue;
      marker.remove();
      this.shown.delete(key);
    }
    for (const mark of marks) {
      const known = this.shown.get(mark.key);
      if (known) this.update(known, mark);
      else this.add(mark);
    }
  }

  setAreas(areas: readonly Area[]): void {
    this.areas.clearLayers();
    for (const { corners, colour, strong } of areas) {
      const points = corners.map(([x, y]) => this.at(x, y));
      L.polygon(points, {
        renderer: this.canvas,
        interactive: false,
        color: colour,
        weight: strong ? 2 : 1,
        opacity: strong ? 0.9 : 0.6,
        fillColor: colour,
        fillOpacity: strong ? 0.3 : 0.16,
      }).addTo(this.areas);
    }
  }

  focus(key: string): void {
    this.shown.get(key)?.element.focus();
  }

  destroy(): void {
    this.resizes.disconnect();
    this.pulses.destroy();
    this.map.remove();
  }

  /** Where rings are now. */
  private rings(): Pulse[] {
    const { rem, part, colours } = this.freshLook();
    const { x: width, y: height } = this.map.getSize();
    const rings: Pulse[] = [];
    for (const { mark } of this.shown.values()) {
      if (!mark.pulse) continue;
      const { x, y } = this.map.latLngToContainerPoint(this.at(mark.x, mark.y));
      if (x < 0 || y < 0 || x > width || y > height) continue;
      const { size, lift, colour } = mark.pulse;
      const radius = (size / 2) * rem * part;
      const above = lift === null ? 0 : lift * rem + radius;
      rings.push({ x, y: y - above, radius, colour: colours.get(colour) ?? "red" });
    }
    return rings;
  }

  /** Sizes and colours of the style sheet. Read once a second: each reading makes the browser settle all styles. */
  private freshLook(): { rem: number; part: number; colours: Map<string, string> } {
    if (performance.now() - this.look.at < LOOK_AGE) return this.look;
    const style = getComputedStyle(this.map.getContainer());
    const colours = new Map(COLOURS.map((name) => [name, style.getPropertyValue(name).trim()]));
    this.look = { at: performance.now(), rem: rootFont(), part: Number(style.getPropertyValue("--part")) || 1, colours };
    return this.look;
  }

  private add(mark: Mark): void {
    const element = document.createElement("div");
    const icon = L.divIcon({ className: "plan-spot", html: element, iconSize: [0, 0] });
    const marker = L.marker(this.at(mark.x, mark.y), { icon, pane: mark.pane, keyboard: false, draggable: mark.draggable, autoPan: true, riseOnHover: true });
    const shown = { mark, marker, element };
    element.setAttribute("role", "button");
    element.addEventListener("keydown", (event) => this.onKey(event, mark.key));
    marker.on("click", () => this.events.open(mark.key));
    marker.on("dragend", () => {
      const { lat, lng } = marker.getLatLng();
      this.events.dragged(mark.key, lng, -lat);
    });
    this.draw(shown, mark);
    marker.addTo(this.map);
    this.shown.set(mark.key, shown);
  }

  private update(shown: Shown, mark: Mark): void {
    const { mark: old, marker } = shown;
    if (old.x !== mark.x || old.y !== mark.y) marker.setLatLng(this.at(mark.x, mark.y));
    if (old.draggable !== mark.draggable) marker.dragging?.[mark.draggable ? "enable" : "disable"]();
    if (old.look !== mark.look || old.icon !== mark.icon || old.label !== mark.label || old.name !== mark.name || old.tab !== mark.tab) {
      this.draw(shown, mark);
    }
    shown.mark = mark;
  }

  private draw({ element }: Shown, mark: Mark): void {
    element.className = `plan-mark ${mark.look}`;
    element.innerHTML = mark.icon;
    if (mark.name) element.append(Object.assign(document.createElement("span"), { className: "plan-name", textContent: mark.name }));
    element.dataset["mark"] = mark.key;
    element.title = mark.label;
    element.tabIndex = mark.tab ? 0 : -1;
    element.setAttribute("aria-label", mark.label);
  }

  private onKey(event: KeyboardEvent, key: string): void {
    const arrow = ARROWS[event.key];
    if (event.key === "Enter" || event.key === " ") this.events.open(key);
    else if (!arrow || event.altKey || event.ctrlKey || !this.events.arrow(key, ...arrow, event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation(); // the map itself would move
  }

  private clear(): void {
    for (const { marker } of this.shown.values()) marker.remove();
    this.shown.clear();
    this.areas.clearLayers();
  }

  private resized(): void {
    this.map.invalidateSize({ animate: false });
    if (!this.moved) this.fit();
  }

  private at(x: number, y: number): L.LatLng {
    return L.latLng(-y, x);
  }

  private bounds(drawing: PlanDrawing): L.LatLngBounds {
    return L.latLngBounds([-drawing.height, 0], [0, drawing.width]);
  }
}
