"""Which places have a door plate: the rooms of buildings, and other places where somebody is registered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.web.services import Services

_ROOM = re.compile(r"[^/]+/u\d+/[^/]+")


def plate_places(services: Services, below: str = "") -> list[str]:
    """Paths in the order of compound.yaml, at or below `below`."""
    places, households = services.compound.places, services.register.snapshot.households
    every = [path for path in places if _ROOM.fullmatch(path) or path in households]
    below = below.strip("/")
    return [path for path in every if not below or path == below or path.startswith(f"{below}/")]


def units_of(places: Sequence[str]) -> list[str]:
    """The buildings and units of these rooms, each once: `b3`, `b3/u1`."""
    parts = [path.split("/") for path in places]
    return list(dict.fromkeys("/".join(each[:depth]) for each in parts for depth in (1, 2) if len(each) > depth))
