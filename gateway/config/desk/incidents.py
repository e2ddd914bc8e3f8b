"""The section `incidents` of desk.yaml: which alerts become one card (案情)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.section import Section


class IncidentSection(Section):
    """Which alerts belong together. Places that are neighbours stand in compound.yaml under `near`."""

    window: Annotated[
        PositiveDuration,
        max_duration(timedelta(hours=12)),
        Field(description="an alert joins an incident whose last event is at most this long ago"),
    ] = parse_duration("5m")
    longest: Annotated[
        PositiveDuration,
        max_duration(timedelta(days=7)),
        Field(description="after this time an incident takes no further alerts; the next one opens a new card"),
    ] = parse_duration("2h")
    most: Annotated[int, Field(ge=1, le=500, description="alerts of one incident; the next one opens a new card")] = 100
