"""A building's drawing made of its places: units side by side, floors above each other, the entrance at the bottom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gateway.config.compound import Building
from gateway.model import Place, Words
from gateway.plan.model import Anchor, PlanDrawing, Shape
from gateway.plan.natural import natural

ROOM_WIDTH, ROOM_HEIGHT = 90, 56
MARGIN, FLOOR_LABEL, UNIT_GAP, BAND = 30, 70, 40, 90
LEAST_WIDTH = 560
MAX_ROOMS = 10_000
"""Of one building; beyond it only floors are drawn, and a room's devices stand at their unit."""


def building_drawing(building: Building, places: Mapping[str, Place], parent: str | None) -> PlanDrawing:
    """The drawing of one building; a pure function of its settings and places."""
    floors = [floor for floor in range(building.floors, 0, -1) if floor not in building.skip_floors]
    unit_width = max(building.rooms * ROOM_WIDTH, 180)
    width = max(2 * MARGIN + FLOOR_LABEL + building.units * (unit_width + UNIT_GAP) - UNIT_GAP, LEAST_WIDTH)
    top, rows = MARGIN + 50, len(floors) * ROOM_HEIGHT
    bottom = top + rows + BAND + 20
    shapes = [
        *_floors(floors, top, width),
        *_units(building, floors, top, unit_width),
        *_common(building, places, bottom, width),
    ]
    anchors = {shape.place: Anchor(shape.center, shape.outline) for shape in shapes if shape.place is not None}
    height = bottom + BAND + MARGIN
    return PlanDrawing(
        building.id, building.name.words, building.id, parent, width, height, shapes=tuple(shapes), anchors=anchors
    )


def _floors(floors: list[int], top: float, width: float) -> Iterator[Shape]:
    for row, floor in enumerate(floors):
        label = Words(f"{floor}层", f"{floor}F")
        yield Shape("floor", MARGIN, top + row * ROOM_HEIGHT, width - 2 * MARGIN, ROOM_HEIGHT, label)


def _units(building: Building, floors: list[int], top: float, unit_width: float) -> Iterator[Shape]:
    with_rooms = building.units * building.rooms * len(floors) <= MAX_ROOMS
    for unit in range(1, building.units + 1):
        path, left = f"{building.id}/u{unit}", MARGIN + FLOOR_LABEL + (unit - 1) * (unit_width + UNIT_GAP)
        name = Words(f"{unit}单元", f"Unit {unit}")
        yield Shape("unit", left, top, unit_width, len(floors) * ROOM_HEIGHT)
        if with_rooms:
            yield from _rooms(path, building.rooms, floors, left, top)
        yield Shape("entrance", left, top + len(floors) * ROOM_HEIGHT + 10, unit_width, BAND, name, path)


def _rooms(unit: str, rooms: int, floors: list[int], left: float, top: float) -> Iterator[Shape]:
    for row, floor in enumerate(floors):
        for column in range(rooms):
            number = str(floor * 100 + column + 1)
            x, y = left + column * ROOM_WIDTH, top + row * ROOM_HEIGHT
            yield Shape("room", x, y, ROOM_WIDTH, ROOM_HEIGHT, Words(number, number), f"{unit}/{number}")


def _common(building: Building, places: Mapping[str, Place], top: float, width: float) -> Iterator[Shape]:
    """The building itself and its places that are no unit and no room, such as its roof or its bicycle room."""
    own = [building.id, *sorted(_further(building, places), key=natural)]
    tile = (width - 2 * MARGIN) / len(own)
    for index, path in enumerate(own):
        name = Words("楼栋公共", "Common") if path == building.id else places[path].name
        yield Shape("tile", MARGIN + index * tile + 4, top + 10, tile - 8, BAND, name, path)


def _further(building: Building, places: Mapping[str, Place]) -> Iterator[str]:
    rooms = {str(f * 100 + n) for f in range(1, building.floors + 1) for n in range(1, building.rooms + 1)}
    units = {f"u{unit}" for unit in range(1, building.units + 1)}
    for path in places:
        if path.startswith(f"{building.id}/"):
            rest = path.removeprefix(f"{building.id}/").split("/")
            if rest[0] not in units or len(rest) > 2 or (len(rest) == 2 and rest[1] not in rooms):
                yield path
