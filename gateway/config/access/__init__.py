"""The settings of access.yaml: which door lets whom in, when, by which credentials.

The file is optional. A door that it does not name is opened by no credential; its own controller may still do so.
Each section is a file of this folder.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.config.access.doors import (
    ArmedSection,
    DoorSection,
    FloorSection,
    OfflineSection,
    OpenSection,
    ReaderSection,
    TwoPersonSection,
)
from gateway.config.access.log import LogSection
from gateway.config.access.names import HERE, KINDS, Kind
from gateway.config.access.rights import Groups, PeopleSection, RightSection
from gateway.config.access.schedules import HolidaySection, Schedules, SpanSection
from gateway.config.access.zones import FireSection, Zones, ZoneSection
from gateway.settings.section import Section

__all__ = [
    "HERE",
    "KINDS",
    "AccessSettings",
    "ArmedSection",
    "DoorSection",
    "FireSection",
    "FloorSection",
    "HolidaySection",
    "Kind",
    "LogSection",
    "OfflineSection",
    "OpenSection",
    "PeopleSection",
    "ReaderSection",
    "RightSection",
    "SpanSection",
    "TwoPersonSection",
    "ZoneSection",
]


class AccessSettings(Section):
    """access.yaml"""

    holidays: HolidaySection = HolidaySection()
    schedules: Schedules = Field(default_factory=dict)
    groups: Groups = Field(default_factory=dict)
    barred: Annotated[PeopleSection, Field(description="opens no door, whatever else")] = PeopleSection()
    zones: Zones = Field(default_factory=dict)
    fire: FireSection = FireSection()
    log: LogSection = LogSection()
    doors: Annotated[
        tuple[DoorSection, ...], Field(max_length=2000, description="the doors, gates, barriers and lifts")
    ] = ()
