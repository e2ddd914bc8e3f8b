import type { Device } from "../api/types";

export const SIZES = [1, 4, 9, 16] as const;
export type Size = (typeof SIZES)[number];
export const PLACES = 16;

export interface Wall {
  size: Size;
  /** the camera in each of the sixteen tiles; a smaller wall shows the first of them */
  places: readonly (string | null)[];
}

const collate = new Intl.Collator("en", { numeric: true });

/** All cameras, sorted by place. */
export const camerasOf = (devices: Iterable<Device>): Device[] =>
  [...devices]
    .filter((device) => device.type === "camera")
    .sort((a, b) => collate.compare(a.place, b.place) || collate.compare(a.id, b.id));

const filled = (cameras: readonly Device[], from: number): (string | null)[] =>
  Array.from({ length: PLACES }, (_, at) => cameras[from + at]?.id ?? null);

/** The stored wall; without one, the first cameras in a wall large enough for all, up to sixteen. */
export function readWall(text: string | null, cameras: readonly Device[]): Wall {
  const known = new Set(cameras.map((camera) => camera.id));
  const initial: Wall = { size: SIZES.find((size) => size >= cameras.length) ?? 16, places: filled(cameras, 0) };
  try {
    const stored = JSON.parse(text ?? "") as Partial<Wall>;
    const size = SIZES.find((one) => one === stored.size);
    if (size === undefined || !Array.isArray(stored.places)) return initial;
    const given: unknown[] = stored.places;
    const places = initial.places.map((_, at) => given[at]).map((id) => (typeof id === "string" && known.has(id) ? id : null));
    return places.some((id) => id !== null) ? { size, places } : { ...initial, size };
  } catch {
    return initial; // never stored, or invalid
  }
}

export const writeWall = (wall: Wall): string => JSON.stringify(wall);

/** Puts a camera into a tile. If it is shown in another tile, the two swap. */
export function withCamera(wall: Wall, at: number, camera: string | null): Wall {
  const before = wall.places[at] ?? null;
  const places = wall.places.map((id) => (camera !== null && id === camera ? before : id));
  places[at] = camera;
  return { ...wall, places };
}

/** The next or previous page of all cameras; the first follows the last. */
export function turnPage(wall: Wall, cameras: readonly Device[], step: 1 | -1): Wall {
  const walls = Math.max(1, Math.ceil(cameras.length / wall.size));
  const first = cameras.findIndex((camera) => camera.id === wall.places[0]);
  const now = Math.max(0, Math.floor(first / wall.size));
  const next = (now + step + walls) % walls;
  return { ...wall, places: filled(cameras, next * wall.size) };
}
