"""Makes the compound's places from buildings and named places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from gateway.config.compound import Building, Name, PlacePath
from gateway.model import Place, Words
from gateway.settings.context import KnownNames

C = TypeVar("C", list[Any], dict[str, Any])
_PATH: TypeAdapter[str] = TypeAdapter(PlacePath)
_NAME: TypeAdapter[Any] = TypeAdapter(Name)


def expand(building: Building) -> Iterator[Place]:
    """The building, its units and its rooms; room n of floor f is numbered f * 100 + n."""
    zh, en = building.name.zh, building.name.en
    yield Place(building.id, building.name.words)
    for unit in range(1, building.units + 1):
        path = f"{building.id}/u{unit}"
        yield Place(path, Words(f"{zh}{unit}单元", f"{en} Unit {unit}"))
        for floor in range(1, building.floors + 1):
            if floor in building.skip_floors:
                continue
            for room in range(floor * 100 + 1, floor * 100 + building.rooms + 1):
                yield Place(f"{path}/{room}", Words(f"{zh}{unit}单元{room}室", f"{en} Unit {unit} Room {room}"))


def read_places(tree: Any) -> tuple[dict[str, Place], KnownNames]:
    """All valid places of compound.yaml, even if other parts of it are wrong.

    The mistakes of a wrong entry are noted elsewhere; places below it are `doubtful`: no mistake if missing.
    """
    if not isinstance(tree, dict):
        return {}, KnownNames(doubtful=("",))
    places: dict[str, Place] = {}
    doubtful: list[str] = []
    for raw in _all(tree.get("buildings", []), list, doubtful):
        try:
            places.update({place.path: place for place in expand(Building.model_validate(raw))})
        except ValidationError:  # without an id every place may belong to it: "" is a prefix of all
            doubtful.append(str(raw.get("id", "")) if isinstance(raw, dict) else "")
    for path, raw in _all(tree.get("places", {}), dict, doubtful).items():
        try:
            places[path] = Place(_PATH.validate_python(path), _NAME.validate_python(raw).words)
        except ValidationError:
            doubtful.append(path)
    return places, KnownNames(places.keys(), tuple(doubtful))


def _all(value: Any, kind: type[C], doubtful: list[str]) -> C:
    if isinstance(value, kind):
        return value
    doubtful.append("")
    return kind()
