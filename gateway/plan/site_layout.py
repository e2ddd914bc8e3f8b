"""The compound's drawing made of its places: walls and gates around the edge, buildings and everything else inside.

A pure function of the places: the same places give the same drawing, on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.config.compound import Building
from gateway.model import Place, Words
from gateway.plan.model import Anchor, PlanDrawing, Shape
from gateway.plan.natural import natural
from gateway.plan.sides import SIDES, Side, by_side

WALLS = frozenset({"wall", "walls", "fence", "perimeter"})
GATES = frozenset({"gate", "gates", "entrance"})
EDGE = 40
"""From the drawing's edge to the wall."""
WALL = 22
GATE_LENGTH = 150
BUILDING_WIDTH, BUILDING_HEIGHT = 230, 150
TILE_WIDTH, TILE_HEIGHT = 200, 90
GAP = 60
LEAST_WIDTH, LEAST_HEIGHT = 1000, 440


@dataclass(frozen=True, slots=True)
class _Groups:
    walls: Mapping[Side, list[str]]
    gates: Mapping[Side, list[str]]
    below_gates: Mapping[str, list[str]]
    others: Sequence[str]


def site_drawing(id_: str, name: Words, buildings: Sequence[Building], places: Mapping[str, Place]) -> PlanDrawing:
    """The drawing of the whole compound."""
    groups = _grouped(buildings, places)
    inset = {side: EDGE + WALL + GAP + (TILE_DEPTH[side] if _has_tiles(groups, side) else 0) for side in SIDES}
    columns = max(3, math.ceil(math.sqrt(len(buildings) * 1.7)))
    inner = max(columns * (BUILDING_WIDTH + GAP) - GAP, LEAST_WIDTH)
    left, top = inset["west"], inset["north"]
    blocks = list(_flow(len(buildings), left, top, inner, BUILDING_WIDTH, BUILDING_HEIGHT))
    tiles_top = max((y for _, y in blocks), default=top - BUILDING_HEIGHT - GAP) + BUILDING_HEIGHT + GAP
    tiles = list(_flow(len(groups.others), left, tiles_top, inner, TILE_WIDTH, TILE_HEIGHT))
    bottom = max([y + TILE_HEIGHT for _, y in tiles] or [tiles_top - GAP])
    width = inner + inset["west"] + inset["east"]
    height = max(bottom - top, LEAST_HEIGHT, _longest_side(groups)) + top + inset["south"]
    shapes = [
        Shape("ground", EDGE, EDGE, width - 2 * EDGE, height - 2 * EDGE),
        *(shape for side in SIDES for shape in _edge(side, groups, places, width, height)),
        *(_building(building, x, y) for building, (x, y) in zip(buildings, blocks, strict=True)),
        *(_tile(path, places, x, y) for path, (x, y) in zip(groups.others, tiles, strict=True)),
    ]
    anchors = {shape.place: Anchor(shape.center, shape.outline) for shape in shapes if shape.place is not None}
    return PlanDrawing(id_, name, "", None, width, height, shapes=tuple(shapes), anchors=anchors)


TILE_DEPTH: Mapping[Side, float] = {
    "north": TILE_HEIGHT + 20,
    "south": TILE_HEIGHT + 20,
    "east": TILE_WIDTH + 20,
    "west": TILE_WIDTH + 20,
}
"""How far the tiles of what is at a gate reach inwards."""


def _grouped(buildings: Sequence[Building], places: Mapping[str, Place]) -> _Groups:
    ids = {building.id for building in buildings}
    outside = [path for path in places if not any(above in ids for above in _and_above(path))]
    walls = [path for path in outside if path.split("/")[0] in WALLS]
    at_gates = [path for path in outside if path.split("/")[0] in GATES]
    gates = {"/".join(path.split("/")[:2]) for path in at_gates}
    below = {gate: sorted((p for p in at_gates if p.startswith(f"{gate}/")), key=natural) for gate in gates}
    others = sorted((path for path in outside if path not in walls and path not in at_gates), key=natural)
    return _Groups(by_side(walls, places), by_side(gates, places), below, others)


def _and_above(path: str) -> Iterator[str]:
    """The path and every path above it."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _has_tiles(groups: _Groups, side: Side) -> bool:
    return any(groups.below_gates[gate] for gate in groups.gates[side])


def _longest_side(groups: _Groups) -> float:
    """The height that the tiles at the gates of the east and west need."""
    tiles = (sum(len(groups.below_gates[gate]) for gate in groups.gates[side]) for side in ("east", "west"))
    return max(tiles) * (TILE_HEIGHT + 14)


def _flow(count: int, left: float, top: float, width: float, w: float, h: float) -> Iterator[tuple[float, float]]:
    """Positions of `count` blocks in rows from the upper left."""
    columns = max(1, int((width + GAP) // (w + GAP)))
    for index in range(count):
        yield left + index % columns * (w + GAP), top + index // columns * (h + GAP)


def _building(building: Building, x: float, y: float) -> Shape:
    return Shape("building", x, y, BUILDING_WIDTH, BUILDING_HEIGHT, building.name.words, building.id)


def _tile(path: str, places: Mapping[str, Place], x: float, y: float) -> Shape:
    return Shape("tile", x, y, TILE_WIDTH, TILE_HEIGHT, _name(path, places), path)


def _name(path: str, places: Mapping[str, Place]) -> Words:
    return places[path].name if path in places else Words(path, path)


def _edge(side: Side, groups: _Groups, places: Mapping[str, Place], width: float, height: float) -> Iterator[Shape]:
    """One side: the lengths of wall in order, with the gates in their middle, and the tiles inside of each gate."""
    walls, gates = groups.walls[side], groups.gates[side]
    length = (width if side in {"north", "south"} else height) - 2 * EDGE
    half = (len(walls) + 1) // 2
    one = (length - GATE_LENGTH * len(gates)) / max(len(walls), 1)
    # A side without walls of its own is drawn as one line, in which the gates stand at even distances.
    at = float(EDGE)
    step = (length - GATE_LENGTH * len(gates)) / (len(gates) + 1)
    for path in (*walls[:half], *gates, *walls[half:]):
        if path in gates:
            at += 0 if walls else step
            strip = _strip(side, at, GATE_LENGTH, width, height)
            yield Shape("gate", *strip, _name(path, places), path)
            yield from _at_gate(side, strip, groups.below_gates[path], places)
            at += GATE_LENGTH
        else:
            yield Shape("wall", *_strip(side, at, one, width, height), _name(path, places), path)
            at += one


def _strip(side: Side, at: float, length: float, width: float, height: float) -> tuple[float, float, float, float]:
    """x, y, width and height of a part of the edge that begins `at` and is `length` long."""
    match side:
        case "north":
            return at, EDGE, length, WALL
        case "south":
            return at, height - EDGE - WALL, length, WALL
        case "west":
            return EDGE, at, WALL, length
        case _:
            return width - EDGE - WALL, at, WALL, length


def _at_gate(
    side: Side, gate: tuple[float, float, float, float], paths: Sequence[str], places: Mapping[str, Place]
) -> Iterator[Shape]:
    x, y, width, height = gate
    for index, path in enumerate(paths):
        offset = index - (len(paths) - 1) / 2
        if side in {"east", "west"}:
            left = x - TILE_WIDTH - 24 if side == "east" else x + width + 24
            middle = y + height / 2 + offset * (TILE_HEIGHT + 14)
            yield _tile(path, places, left, middle - TILE_HEIGHT / 2)
        else:
            top = y - TILE_HEIGHT - 24 if side == "south" else y + height + 24
            yield _tile(path, places, x + width / 2 + offset * (TILE_WIDTH + 14) - TILE_WIDTH / 2, top)
