"""How far two places are from each other, as far as residents.yaml says where they stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.config.residents.door_plates import MapPosition

_EARTH_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Position:
    """Degrees, WGS 84. `accuracy` is the radius in metres that a phone gives for it."""

    lat: float
    lon: float
    accuracy: float = 0.0


def position_of(place: str, positions: Mapping[str, MapPosition]) -> Position | None:
    """The position of the place, or of the nearest place above it that has one."""
    parts = place.split("/")
    for count in range(len(parts), 0, -1):
        if (found := positions.get("/".join(parts[:count]))) is not None:
            return Position(found.lat, found.lon)
    return None


def metres(one: Position, other: Position) -> float:
    """The distance on the ground (haversine), less what the phones are unsure of; never below 0."""
    lat, other_lat = math.radians(one.lat), math.radians(other.lat)
    half = math.sin((other_lat - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(other_lat) * math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    distance = 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))
    return max(0.0, distance - one.accuracy - other.accuracy)


def building(place: str) -> str:
    """`b3/u1/1502` → `b3`."""
    return place.partition("/")[0]
