"""The section `tours` of desk.yaml: camera tours (轮巡)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from gateway.config.compound import Name
from gateway.settings.context import DeviceRef
from gateway.settings.durations import Duration, max_duration, min_duration, parse_duration
from gateway.settings.section import Section


class TourSection(Section):
    """One tour: its cameras come up in order, `layout` at a time."""

    name: Annotated[Name, Field(description="shown to guards: a text, or one in each language as {zh: …, en: …}")]
    cameras: Annotated[
        tuple[DeviceRef, ...], Field(min_length=1, max_length=200, description="ids of cameras, in the tour's order")
    ]
    dwell: Annotated[
        Duration,
        min_duration(timedelta(seconds=3)),
        max_duration(timedelta(minutes=10)),
        Field(description="how long each step is shown"),
    ] = parse_duration("15s")
    layout: Annotated[Literal[1, 4, 9], Field(description="cameras shown at once")] = 4
