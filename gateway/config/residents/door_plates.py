"""The section `door_plates` of residents.yaml: the QR code on every door (门牌码)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.settings.context import PlaceBranch
from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

Picture = Literal[
    "pine", "crane", "boat", "bridge", "moon", "lotus", "bamboo", "lantern", "kite", "fish", "mountain", "teapot"
]
PAGE_MM = (210, 297)
"""A4, upright."""
MARGIN_MM = 10
"""What printers leave white on each side."""
LEAST_MM = (70, 45)
"""The smallest plate whose code a phone reads at arm's length."""


class PlateSize(Section):
    """The plate as it hangs, without the bleed that is cut off."""

    width: Annotated[int, Field(ge=LEAST_MM[0], le=190, description="mm")] = 95
    height: Annotated[int, Field(ge=LEAST_MM[1], le=250, description="mm")] = 69


class MapPosition(Section):
    """Where a building stands, WGS 84, as phones give it."""

    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="degrees north")]
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="degrees east")]


class DoorPlateSection(Section):
    """How plates are printed, what their pages offer, and when a scan is suspicious."""

    address: Annotated[
        str,
        Field(max_length=80, description="the compound's standard address (标准地址), before the room on each plate"),
    ] = ""
    size: PlateSize = PlateSize()
    bleed: Annotated[
        int,
        Field(ge=0, le=5, description="mm of colour beyond the edge on each side, for print shops; 0: cut on marks"),
    ] = 0
    columns: Annotated[int | None, Field(ge=1, le=4, description="plates side by side; null: as many as fit")] = None
    picture_phrase: Annotated[
        tuple[Picture, Picture, Picture] | None,
        Field(description="three pictures on every true page; null: the gateway chooses them by its key"),
    ] = None
    help: Annotated[bool, Field(description="anybody at a door may call for help; it rings in the guard room")] = True
    visits: Annotated[bool, Field(description="anybody at a door may announce a visit; the household is asked")] = True
    registration: Annotated[bool, Field(description="a tenant may register here; the owner confirms")] = True
    care_shown: Annotated[
        bool,
        Field(
            description="grid officers and the police see that somebody there agreed to be looked after (独居关怀);"
            " only where what they agreed to says so"
        ),
    ] = False
    visit_time: Annotated[
        PositiveDuration,
        max_duration(timedelta(hours=24)),
        Field(description="a household may answer an announced visit for so long"),
    ] = parse_duration("1h")
    many: Annotated[int, Field(ge=5, le=1000, description="more scans of a plate in a minute are suspicious")] = 20
    far: Annotated[int, Field(ge=50, le=10_000, description="metres from its door at which a scan is suspicious")] = 300
    positions: Annotated[
        Mapping[PlaceBranch, MapPosition],
        Field(max_length=1000, description="where buildings and gates stand; without them nothing is measured"),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> DoorPlateSection:
        width = self.size.width + 2 * self.bleed
        if self.columns is not None and self.columns * width > PAGE_MM[0] - 2 * MARGIN_MM:
            fit = (PAGE_MM[0] - 2 * MARGIN_MM) // width
            what = f"{self.columns} plates of {width} mm are wider than an A4 page"
            raise Wrong(what, f"use at most {fit}, or smaller plates", ("columns",))
        if self.picture_phrase is not None and len(set(self.picture_phrase)) < len(self.picture_phrase):
            raise Wrong("a picture is twice in the phrase", "use three different ones", ("picture_phrase",))
        return self
