/** Sizes in pixels, of a name below its mark. */
const LETTER = 13;
const NARROW = 8;
const MOST = 144;
const HEIGHT = 18;
const BELOW = 16;
/** Half of a mark's side. */
const MARK = 15;

export interface Named {
  x: number;
  y: number;
  /** "" for what has none */
  name: string;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The indexes of those whose names cover no mark and no other name. `scale` is pixels per unit. */
export function namesWithRoom(items: readonly Named[], scale: number): Set<number> {
  const taken = new Grid();
  for (const item of items) taken.add(markOf(item, scale));
  const shown = new Set<number>();
  items.forEach((item, index) => {
    const box = nameOf(item, scale);
    if (item.name === "" || taken.meets(box)) return;
    taken.add(box);
    shown.add(index);
  });
  return shown;
}

const markOf = ({ x, y }: Named, scale: number): Box => ({
  left: x * scale - MARK,
  right: x * scale + MARK,
  top: y * scale - MARK,
  bottom: y * scale + MARK,
});

function nameOf({ x, y, name }: Named, scale: number): Box {
  const letters = [...name].reduce((sum, letter) => sum + (letter > "\u2e80" ? LETTER : NARROW), 8);
  const half = Math.min(letters, MOST) / 2;
  const top = y * scale + BELOW;
  return { left: x * scale - half, right: x * scale + half, top, bottom: top + HEIGHT };
}

/** Boxes by the squares they lie in, so that five hundred are not compared with five hundred. */
class Grid {
  private static readonly SIZE = 160;
  private readonly squares = new Map<string, Box[]>();

  add(box: Box): void {
    for (const key of this.keys(box)) {
      const boxes = this.squares.get(key);
      if (boxes) boxes.push(box);
      else this.squares.set(key, [box]);
    }
  }

  meets(box: Box): boolean {
    return [...this.keys(box)].some((key) =>
      (this.squares.get(key) ?? []).some(
        (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
      ),
    );
  }

  private *keys(box: Box): Generator<string> {
    const square = (value: number): number => Math.floor(value / Grid.SIZE);
    for (let column = square(box.left); column <= square(box.right); column += 1) {
      for (let row = square(box.top); row <= square(box.bottom); row += 1) yield `${column} ${row}`;
    }
  }
}
