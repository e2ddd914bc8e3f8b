"""The settings of plan.yaml: the compound's plan (电子地图), its drawings, and where devices and places are on them.

The file is optional, and so is every key. Without a drawing the gateway makes one of the places (gateway/plan).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.config.compound import Name
from gateway.config.plan.drawing_file import DrawingFile, DrawingImage
from gateway.settings.context import DeviceRef, PlaceRef
from gateway.settings.section import Section

__all__ = ["DevicePosition", "Drawing", "DrawingImage", "PlacePosition", "PlanSettings"]

MAX_SIZE = 100_000
MAX_CORNERS = 200
DRAWING_ID = r"^[a-z0-9][a-z0-9_/-]{0,62}$"
Coordinate = Annotated[float, Field(ge=0, le=MAX_SIZE, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, le=MAX_SIZE, allow_inf_nan=False)]
Point = tuple[Coordinate, Coordinate]
DrawingId = Annotated[str, Field(pattern=DRAWING_ID)]


class Drawing(Section):
    """One drawing: the compound, a building or a floor."""

    id: Annotated[DrawingId, Field(description="short; positions and other drawings refer to it")]
    file: Annotated[DrawingFile, Field(description="SVG, PNG or JPEG, relative to this folder")]
    name: Annotated[Name | None, Field(description="shown in the list of drawings; default: the place's name")] = None
    place: Annotated[PlaceRef | None, Field(description="the place it shows; default: the whole compound")] = None
    parent: Annotated[
        DrawingId | None, Field(description="the drawing above it: of a floor the building, of a building the compound")
    ] = None
    size: Annotated[
        tuple[Length, Length] | None,
        Field(description="width and height in the units of x and y; default: the file's own, in pixels"),
    ] = None

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height in the units of x and y."""
        return self.size or (self.file.width, self.file.height)


class DevicePosition(Section):
    """Where a device is on a drawing: x to the right and y down from the upper left corner."""

    drawing: Annotated[DrawingId, Field(description="the drawing's id")]
    x: Annotated[Coordinate, Field(description="to the right, from the left edge")]
    y: Annotated[Coordinate, Field(description="down, from the upper edge")]
    direction: Annotated[
        float | None,
        Field(ge=0, le=360, description="where a camera looks, in degrees: 0 up, 90 right, 180 down, 270 left"),
    ] = None
    view: Annotated[float, Field(ge=1, le=360, description="a camera's horizontal angle of view, in degrees")] = 70
    range: Annotated[Length | None, Field(description="how far a camera sees, in the units of x and y")] = None


class PlacePosition(Section):
    """Where a place is on a drawing: a point, an outline, or both."""

    drawing: Annotated[DrawingId, Field(description="the drawing's id")]
    at: Annotated[Point | None, Field(description="[x, y]; default: the middle of the outline")] = None
    outline: Annotated[
        tuple[Point, ...], Field(max_length=MAX_CORNERS, description="the corners, each as [x, y]; at least three")
    ] = ()


class PlanSettings(Section):
    """plan.yaml"""

    drawings: Annotated[tuple[Drawing, ...], Field(max_length=200, description="the drawings, the topmost first")] = ()
    devices: Annotated[
        dict[DeviceRef, DevicePosition],
        Field(description="device: position; a device that is not listed is shown at its place"),
    ] = Field(default_factory=dict)
    places: Annotated[dict[PlaceRef, PlacePosition], Field(description="place: position or outline")] = Field(
        default_factory=dict
    )
