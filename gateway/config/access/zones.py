"""The sections `zones` (anti-passback) and `fire`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from gateway.config.access.names import Id
from gateway.settings.context import DeviceRef
from gateway.settings.durations import PositiveDuration, max_duration, min_duration
from gateway.settings.section import Section


class ZoneSection(Section):
    """Who is inside can't enter again, who is outside can't leave (防反传, 防尾随)."""

    mode: Annotated[
        Literal["hard", "soft"], Field(description="hard: refused; soft: let through, and the record says so")
    ] = "hard"
    forget_after: Annotated[
        PositiveDuration,
        max_duration(timedelta(days=7)),
        Field(description="where somebody is counts for this long: who left with another's card is not locked out"),
    ] = timedelta(hours=12)


Zones = Annotated[Mapping[Id, ZoneSection], Field(max_length=50, description="anti-passback zones, such as the garage")]


class FireSection(Section):
    """What happens to doors in a fire: those with `fire_release` open for everybody until it is restored."""

    devices: Annotated[
        tuple[DeviceRef, ...],
        Field(max_length=500, description="whose fire.alarm counts; none: every device's"),
    ] = ()
    scope: Annotated[
        Literal["building", "compound"],
        Field(description="which doors: those of the same building or gate (the first part of the place), or all"),
    ] = "building"
    again: Annotated[
        PositiveDuration,
        min_duration(timedelta(seconds=1)),
        max_duration(timedelta(minutes=10)),
        Field(description="the command is sent again after this time, since most controllers lock again by themselves"),
    ] = timedelta(seconds=5)
