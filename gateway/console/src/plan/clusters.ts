export interface Spot {
  x: number;
  y: number;
}

export interface Cluster<T extends Spot> extends Spot {
  items: T[];
}

/** Joins what would overlap on the screen. `scale` is pixels per unit, `reach` the distance in pixels that is too near.
 *
 * One pass over a grid of squares: the result does not depend on where the screen is panned to, so that nothing jumps. */
export function clusters<T extends Spot>(items: readonly T[], scale: number, reach: number): Cluster<T>[] {
  const size = reach / scale;
  const squares = new Map<string, Cluster<T>>();
  for (const item of items) {
    const column = Math.floor(item.x / size);
    const row = Math.floor(item.y / size);
    const near = nearest(squares, column, row, item, size);
    if (near) near.items.push(item);
    else squares.set(`${column} ${row}`, { x: item.x, y: item.y, items: [item] });
  }
  return [...squares.values()].map(centred);
}

/** The cluster within reach in this square or one beside it. */
function nearest<T extends Spot>(squares: ReadonlyMap<string, Cluster<T>>, column: number, row: number, item: Spot, reach: number): Cluster<T> | null {
  let best: Cluster<T> | null = null;
  let least = reach;
  for (let dx = -1; dx <= 1; dx += 1) {
    for (let dy = -1; dy <= 1; dy += 1) {
      const cluster = squares.get(`${column + dx} ${row + dy}`);
      const distance = cluster ? Math.hypot(cluster.x - item.x, cluster.y - item.y) : Infinity;
      if (cluster && distance < least) [best, least] = [cluster, distance];
    }
  }
  return best;
}

function centred<T extends Spot>({ items }: Cluster<T>): Cluster<T> {
  const mean = (pick: (item: T) => number): number => items.reduce((sum, item) => sum + pick(item), 0) / items.length;
  return { x: mean((item) => item.x), y: mean((item) => item.y), items };
}

/** The item to step to with an arrow key: the nearest in that direction, sideways distance counting double. */
export function neighbourOf<T extends Spot>(from: Spot, items: readonly T[], dx: number, dy: number): T | null {
  let best: T | null = null;
  let least = Infinity;
  for (const item of items) {
    const along = (item.x - from.x) * dx + (item.y - from.y) * dy;
    const aside = Math.abs((item.x - from.x) * dy) + Math.abs((item.y - from.y) * dx);
    const far = along + 2 * aside;
    if (along > 0 && far < least) [best, least] = [item, far];
  }
  return best;
}
