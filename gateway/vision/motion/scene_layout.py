"""The zones, masks and lines that an installer draws into a camera's picture, in relative coordinates. Stdlib only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal

from gateway.model import Json

Point = tuple[float, float]
"""x and y as shares of the picture: 0 is left and top, 1 is right and bottom."""
Polygon = tuple[Point, ...]
Direction = Literal["any", "left_to_right", "right_to_left"]


@dataclass(frozen=True, slots=True)
class ImageZone:
    """A named region. `loiter_after` and `blocked_after` are seconds; None switches the detection off.

    `blocked_share` is the share of the zone that an obstacle covers at least.
    """

    name: str
    polygon: Polygon
    loiter_after: float | None = None
    blocked_after: float | None = None
    blocked_share: float = 0.03

    def contains(self, point: Point) -> bool:
        """Whether the point lies inside (even-odd rule)."""
        inside = False
        for (x1, y1), (x2, y2) in pairwise((*self.polygon, self.polygon[0])):
            # an edge counts if the horizontal ray to the right of the point crosses it
            if (y1 > point[1]) != (y2 > point[1]) and point[0] < (x2 - x1) * (point[1] - y1) / (y2 - y1) + x1:
                inside = not inside
        return inside


@dataclass(frozen=True, slots=True)
class Tripwire:
    """A line to be crossed. Left and right are those of somebody who stands at its first point and faces its second."""

    name: str
    points: tuple[Point, Point]
    direction: Direction = "any"


@dataclass(frozen=True, slots=True)
class SceneLayout:
    """Everything drawn into one picture. `outside_zones`: report motion outside of every zone too.

    `thrown_objects`: the camera looks up a wall, and falling objects are reported. That needs every frame decoded,
    which costs about 1.5 % of a core.
    """

    zones: tuple[ImageZone, ...] = ()
    masks: tuple[Polygon, ...] = ()
    lines: tuple[Tripwire, ...] = ()
    outside_zones: bool = True
    thrown_objects: bool = False

    @property
    def needs_every_picture(self) -> bool:
        """Whether every picture is needed during motion, not only the fact that something moves."""
        return bool(self.lines) or any(
            zone.loiter_after is not None or zone.blocked_after is None for zone in self.zones
        )

    @property
    def max_loiter(self) -> float:
        """Seconds for which somebody who stands still must remain foreground."""
        return max((zone.loiter_after for zone in self.zones if zone.loiter_after is not None), default=0.0)

    def to_json(self) -> dict[str, Any]:
        """As JSON, to be sent to the worker."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Json) -> SceneLayout:
        """The inverse of `to_json`."""
        zones = (ImageZone(**each | {"polygon": _polygon(each["polygon"])}) for each in data["zones"])
        lines = (Tripwire(**each | {"points": _segment(each["points"])}) for each in data["lines"])
        masks = tuple(_polygon(each) for each in data["masks"])
        return cls(tuple(zones), masks, tuple(lines), bool(data["outside_zones"]), bool(data["thrown_objects"]))


def _polygon(points: Sequence[Sequence[float]]) -> Polygon:
    return tuple((float(x), float(y)) for x, y in points)


def _segment(points: Sequence[Sequence[float]]) -> tuple[Point, Point]:
    first, second = _polygon(points)
    return first, second
