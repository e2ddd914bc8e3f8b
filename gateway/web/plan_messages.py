"""Models of the plan's requests and responses. x to the right and y down, in the units of the drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from gateway.plan.yaml_edit import DeviceKeys
from gateway.web.requests import RequestModel
from gateway.web.responses import ResponseModel, WordsView

Coordinate = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class DrawingView(ResponseModel):
    """A drawing. `place` is "" for the whole compound, `kind` "made" for one that is made of the places."""

    id: str
    name: WordsView
    place: str
    parent: str | None
    width: float
    height: float
    kind: Literal["made", "svg", "picture"]
    url: str


class DevicePositionView(ResponseModel):
    """Where a device is. `direction`, `view` (degrees) and `range` are of cameras: 0 is up, 90 to the right.

    `listed`: plan.yaml gives the position; else the device was put at its place.
    """

    device: str
    drawing: str
    x: float
    y: float
    direction: float | None
    view: float
    range: float | None
    listed: bool


class PlacePositionView(ResponseModel):
    """Where a place is on a drawing; `outline` may be empty."""

    place: str
    name: WordsView
    drawing: str
    x: float
    y: float
    outline: Sequence[tuple[float, float]]


class PlanView(ResponseModel):
    """The plan. `version` is that of plan.yaml: its SHA-256, empty without the file.

    `places` leaves out those of made drawings of buildings, which are read with the drawing.
    """

    version: str
    drawings: Sequence[DrawingView]
    devices: Sequence[DevicePositionView]
    places: Sequence[PlacePositionView]


class PlacePositionList(ResponseModel):
    """The places of one drawing."""

    items: Sequence[PlacePositionView]
    next: str | None = None


class DrawingQuery(RequestModel):
    """`v` is the hash in the drawing's `url`; `language` that of the names on a made drawing."""

    v: Annotated[str | None, Field(max_length=64)] = None
    language: Literal["zh", "en"] | None = None


class PositionRequest(RequestModel):
    """A device's new position."""

    drawing: Annotated[str, Field(min_length=1, max_length=63)]
    x: Coordinate
    y: Coordinate
    direction: Annotated[float | None, Field(ge=0, le=360, allow_inf_nan=False)] = None
    view: Annotated[float | None, Field(ge=1, le=360, allow_inf_nan=False)] = None
    range: Annotated[float | None, Field(gt=0, le=100_000, allow_inf_nan=False)] = None


class PlanChangeRequest(RequestModel):
    """New positions by device; null puts a device back to its place. `version` is that of the plan they were made on:

    when plan.yaml has changed meanwhile, nothing is written.
    """

    version: Annotated[str, Field(max_length=64)]
    devices: Annotated[
        Mapping[Annotated[str, Field(max_length=63)], PositionRequest | None], Field(min_length=1, max_length=2000)
    ]
    dry_run: bool = False


class PlanChangeView(ResponseModel):
    """The unified difference of plan.yaml, and the version of the file as it is now."""

    difference: str
    version: str
    applied: bool


def keys_of(position: PositionRequest) -> DeviceKeys:
    """The keys as they are written: what is not given is left out, whole numbers without a point."""
    given = position.model_dump(exclude_none=True)
    if position.direction is None:
        given.pop("view", None)  # of what looks nowhere
    return {key: value if isinstance(value, str) else _short(value) for key, value in given.items()}


def _short(value: float) -> float:
    rounded = round(value, 1)
    return int(rounded) if rounded == int(rounded) else rounded
