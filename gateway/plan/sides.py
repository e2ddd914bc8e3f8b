"""On which side of the compound a gate or a length of wall lies, by its path and name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from gateway.model import Place
from gateway.plan.natural import natural

Side = Literal["north", "east", "south", "west"]
SIDES: tuple[Side, ...] = ("north", "east", "south", "west")
_LETTERS: Mapping[str, Side] = {"n": "north", "e": "east", "s": "south", "w": "west"}
_CHARACTERS: Mapping[str, Side] = {"北": "north", "东": "east", "南": "south", "西": "west"}


def side_of(path: str, place: Place | None) -> Side | None:
    """By a word or letter of the path (`gate/east`, `wall/n1`), else by the first character that is a direction."""
    for part in reversed(path.split("/")):
        for side in SIDES:
            if side in part:
                return side
        if found := re.fullmatch(r"([nesw])[-_]?[0-9]*", part):
            return _LETTERS[found[1]]
    name = place.name.zh if place else ""
    return next((_CHARACTERS[character] for character in name if character in _CHARACTERS), None)


def by_side(paths: Iterable[str], places: Mapping[str, Place]) -> dict[Side, list[str]]:
    """The paths of each side in natural order; those without a direction go to the side with the fewest."""
    found: dict[Side, list[str]] = {side: [] for side in SIDES}
    lost: list[str] = []
    for path in sorted(paths, key=natural):
        side = side_of(path, places.get(path))
        (lost if side is None else found[side]).append(path)
    for path in lost:
        found[min(SIDES, key=lambda side: len(found[side]))].append(path)
    return found
