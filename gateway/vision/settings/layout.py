"""`zones`, `masks` and `lines` of a camera: regions of its picture."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gateway.settings.durations import Duration
from gateway.vision.motion.scene_layout import ImageZone, Polygon, SceneLayout, Tripwire

Share = Annotated[float, Field(ge=0, le=1)]
Corner = Annotated[tuple[Share, Share], Field(description="x and y as shares of the picture, from left and top")]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ZoneSettings(_Shape):
    """A polygon with a name."""

    name: Annotated[Name, Field(description="what signals call it: data.zone")]
    polygon: Annotated[tuple[Corner, ...], Field(min_length=3, description="its corners, three at least")]
    linger: Annotated[
        Duration | None, Field(description="report who stays in it longer than this (object.seen, event lingered)")
    ] = None
    blocked: Annotated[
        Duration | None, Field(description="report what came and stays longer than this (object.seen, event blocked)")
    ] = None
    blocked_share: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="least share of the zone that an obstacle covers; 0.03: an e-bike in a fire lane",
        ),
    ] = 0.03

    @field_validator("polygon")
    @classmethod
    def _has_area(cls, polygon: Polygon) -> Polygon:
        return check_area(polygon)


class LineSettings(_Shape):
    """A tripwire."""

    name: Annotated[Name, Field(description="what signals call it: data.line")]
    points: Annotated[tuple[Corner, Corner], Field(description="its two ends")]
    direction: Annotated[
        Literal["any", "left_to_right", "right_to_left"],
        Field(description="which crossings are reported; left and right as seen facing the second point"),
    ] = "any"

    @field_validator("points")
    @classmethod
    def _has_length(cls, points: tuple[Corner, Corner]) -> tuple[Corner, Corner]:
        if points[0] == points[1]:
            raise ValueError("the two ends are one point: draw them apart")
        return points


class LayoutSettings(_Shape):
    """Base class for a camera's settings."""

    zones: Annotated[tuple[ZoneSettings, ...], Field(description="parts of the picture with names")] = ()
    masks: Annotated[
        tuple[Annotated[tuple[Corner, ...], Field(min_length=3)], ...],
        Field(description="polygons in which motion is ignored: a flag, a hedge, a neighbour's window"),
    ] = ()
    lines: Annotated[tuple[LineSettings, ...], Field(description="tripwires (object.seen, event crossed)")] = ()
    elsewhere: Annotated[bool, Field(description="whether movement outside of every zone is reported too")] = True
    thrown: Annotated[
        bool, Field(description="for a camera that looks up a wall: report falling objects (object.seen, event thrown)")
    ] = False

    @field_validator("masks")
    @classmethod
    def _have_area(cls, masks: tuple[Polygon, ...]) -> tuple[Polygon, ...]:
        return tuple(check_area(mask) for mask in masks)

    @model_validator(mode="after")
    def _names_differ(self) -> LayoutSettings:
        for kind, names in (
            ("zones", [each.name for each in self.zones]),
            ("lines", [each.name for each in self.lines]),
        ):
            if twice := next((name for name in names if names.count(name) > 1), None):
                raise ValueError(f"two {kind} are called {twice!r}: signals could not distinguish them")
        if not self.elsewhere and not self.zones:
            raise ValueError("elsewhere: false and no zones: nothing would ever be seen; draw a zone")
        return self

    def layout(self) -> SceneLayout:
        """For the motion detector; durations in seconds."""
        zones = tuple(
            ImageZone(each.name, each.polygon, _seconds(each.linger), _seconds(each.blocked), each.blocked_share)
            for each in self.zones
        )
        lines = tuple(Tripwire(each.name, each.points, each.direction) for each in self.lines)
        return SceneLayout(zones, self.masks, lines, self.elsewhere, self.thrown)


def check_area(polygon: Polygon) -> Polygon:
    """The polygon, if it has an area; ValueError if its corners lie on a line."""
    around = (*polygon, polygon[0])  # the shoelace formula
    area = abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(around))) / 2
    if area < 1e-5:
        raise ValueError("the corners lie on one line, so that there is nothing inside")
    return polygon


def _seconds(duration: Duration | None) -> float | None:
    return duration.total_seconds() if duration is not None else None
