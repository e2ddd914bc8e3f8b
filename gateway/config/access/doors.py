"""The section `doors`: what opens a door, for whom, and under which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.config.access.names import KINDS, Id, Kind
from gateway.config.access.rights import RESIDENTS_HERE, RightSection
from gateway.settings.context import DeviceRef, PlaceBranch, PlaceRef
from gateway.settings.durations import Duration, PositiveDuration, max_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

_HOUR = timedelta(hours=1)
Zone = Annotated[Id | None, Field(description="anti-passback: the zone of `zones` that one is in after passing")]


class ReaderSection(Section):
    """A reader or camera at the door."""

    device: Annotated[DeviceRef, Field(description="the reader or camera")]
    kinds: Annotated[tuple[Kind, ...], Field(max_length=7, description="what counts from it; none: all")] = ()
    enters: Zone = None
    leaves: Annotated[Id | None, Field(description="anti-passback: the zone that one leaves by passing")] = None
    late: Annotated[
        Duration,
        max_duration(_HOUR),
        Field(description="by its own clock older than this opens nothing; 0s: its clock is not looked at"),
    ] = timedelta(minutes=1)


class OpenSection(Section):
    """The command that opens the door."""

    device: Annotated[DeviceRef | None, Field(description="who takes it; left out: the door itself")] = None
    action: Annotated[str, Field(min_length=1, max_length=64, description="the command")] = "unlock"
    arguments: Annotated[Mapping[str, int | float | str | bool], Field(description="such as {seconds: 5}")] = {}
    floors_as: Annotated[
        str | None, Field(description="lifts: the argument that names the floors which may be chosen")
    ] = None


class TwoPersonSection(Section):
    """Two different people who may both pass must present themselves, one after the other."""

    within: Annotated[PositiveDuration, max_duration(_HOUR), Field(description="the second after the first")] = (
        timedelta(seconds=30)
    )


class FloorSection(Section):
    """A floor of a lift and who may choose it; without places everybody who may use the lift."""

    floor: Annotated[int, Field(ge=-10, le=200, description="as the lift's controller numbers it")]
    places: Annotated[tuple[PlaceBranch, ...], Field(max_length=100, description="for who lives there or below")] = ()


class ArmedSection(Section):
    """What a credential does while the alarm of the place behind the door is armed."""

    place: Annotated[PlaceRef, Field(description="whose alarm")]
    residents: Annotated[
        Literal["delay", "deny"], Field(description="delay: let in, the entry delay begins; deny: disarm first")
    ] = "delay"
    others: Annotated[Literal["delay", "deny"], Field(description="the same for visitors, helpers and staff")] = "deny"
    delay: Annotated[PositiveDuration, max_duration(timedelta(minutes=10)), Field(description="to disarm in")] = (
        timedelta(seconds=45)
    )


class OfflineSection(Section):
    """The list that a reader or controller decides by while it can't reach the gateway."""

    readers: Annotated[bool, Field(description="whether its readers and controller get a list")] = True
    kinds: Annotated[tuple[Kind, ...], Field(description="of these")] = ("card", "pin")
    most: Annotated[int, Field(ge=1, le=100_000, description="entries; residents of the door's place first")] = 5000
    valid_for: Annotated[
        PositiveDuration,
        max_duration(timedelta(days=90)),
        Field(description="from the last time it was sent"),
    ] = timedelta(days=7)


class DoorSection(Section):
    """A door, gate, barrier or lift that the gateway decides about."""

    device: Annotated[DeviceRef, Field(description="what opens")]
    place: Annotated[PlaceRef | None, Field(description="whose residents `here` means; left out: the device's")] = None
    readers: Annotated[
        tuple[ReaderSection, ...],
        Field(max_length=50, description="readers and cameras there; each belongs to one door"),
    ] = ()
    open: OpenSection = OpenSection()
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1, max_length=7, description="what opens it")] = KINDS
    allow: Annotated[tuple[RightSection, ...], Field(max_length=100, description="whom it lets in")] = (RESIDENTS_HERE,)
    enters: Zone = None
    leaves: Annotated[Id | None, Field(description="anti-passback: the zone that one leaves by passing")] = None
    interlock: Annotated[
        tuple[DeviceRef, ...], Field(max_length=20, description="stays closed while one of these doors is open")
    ] = ()
    two_persons: Annotated[TwoPersonSection | None, Field(description="opens for two people only")] = None
    floors: Annotated[tuple[FloorSection, ...], Field(max_length=210, description="of a lift")] = ()
    armed: Annotated[ArmedSection | None, Field(description="what an armed alarm behind the door changes")] = None
    fire_release: Annotated[bool, Field(description="whether a fire opens it")] = True
    repeat: Annotated[
        Duration,
        max_duration(timedelta(minutes=1)),
        Field(description="the same plate or face again within this time opens nothing and is not on record"),
    ] = timedelta(seconds=10)
    offline: OfflineSection = OfflineSection()

    @model_validator(mode="after")
    def _check_zones(self) -> Self:
        entries: tuple[DoorSection | ReaderSection, ...] = (self, *self.readers)
        for entry in entries:
            if entry.enters is not None and entry.enters == entry.leaves:
                raise Wrong(f"zone {entry.enters!r} is entered and left at once", "write one of `enters`, `leaves`")
        if self.floors and self.open.floors_as is None:
            raise Wrong("a lift's command must name the floors", "set `open.floors_as` to its argument", ("open",))
        return self
