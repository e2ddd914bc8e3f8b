"""The plan as the console gets it. Coordinates: x to the right and y down, in the units of the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.config.plan import DrawingImage
from gateway.model import Words

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """One thing of a made drawing: an area with its label. `kind` decides how it looks (svg.py)."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    label: Words | None = None
    place: str | None = None
    """The place that is here; None for what is only drawn."""

    @property
    def center(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def outline(self) -> tuple[Point, ...]:
        """Its four corners."""
        right, bottom = self.x + self.width, self.y + self.height
        return (self.x, self.y), (right, self.y), (right, bottom), (self.x, bottom)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a place is on one drawing; `outline` may be empty."""

    at: Point
    outline: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanDrawing:
    """One drawing. `image` is its file; None: it is made of `shapes`. `place` is "" for the whole compound."""

    id: str
    name: Words
    place: str
    parent: str | None
    width: float
    height: float
    image: DrawingImage | None = None
    shapes: tuple[Shape, ...] = ()
    anchors: Mapping[str, Anchor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DevicePoint:
    """Where a device is. `listed`: plan.yaml says so; else it was put at its place."""

    drawing: str
    x: float
    y: float
    direction: float | None = None
    view: float = 70
    range: float | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class SitePlan:
    """All drawings, the topmost first, and the devices that are on one of them."""

    drawings: Mapping[str, PlanDrawing]
    devices: Mapping[str, DevicePoint]
