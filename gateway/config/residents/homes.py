"""The section `homes` of residents.yaml: the alarm areas of homes, and who may arm them (布防, 撤防)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.config.desk.round_times import EVERY_DAY, Day, TimeOfDay
from gateway.settings.context import DeviceRef, PlaceRef
from gateway.settings.durations import Duration, max_duration, parse_duration
from gateway.settings.mend import Wrong, did_you_mean
from gateway.settings.section import Section

ZoneType = Literal["entry", "interior", "perimeter", "24h"]
Mode = Literal["away", "home", "night"]
MembershipRole = Literal["owner", "tenant", "family", "carer", "resident"]
ZoneId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="short and permanent")]
_FIVE_MINUTES = max_duration(timedelta(minutes=5))


class HomeZone(Section):
    """A detector of the home (防区): a device, or one number of a device that reports for several."""

    id: ZoneId
    device: Annotated[DeviceRef, Field(description="the device that reports it")]
    zone: Annotated[int | None, Field(ge=0, le=9999, description="its number there, if the device has several")] = None
    name: Annotated[str, Field(min_length=1, max_length=40, description="as the household calls it")]
    type: Annotated[
        ZoneType,
        Field(
            description="entry: opening it begins the entry delay; interior: quiet during that delay;"
            " perimeter: alarms at once; 24h: alarms also when disarmed"
        ),
    ] = "perimeter"
    momentary: Annotated[
        bool, Field(description="it reports alarms and never that they are over, as many motion detectors do")
    ] = False


class LeftOut(Section):
    """Which zones do not count while people are at home."""

    home: Annotated[tuple[str, ...], Field(max_length=64, description="ids of zones left out in mode home")] = ()
    night: Annotated[tuple[str, ...], Field(max_length=64, description="ids of zones left out in mode night")] = ()


class ScheduledArming(Section):
    """Arms or disarms the home by the clock."""

    at: Annotated[TimeOfDay, Field(description="local time")]
    days: Annotated[tuple[Day, ...], Field(min_length=1, description="on which days")] = EVERY_DAY
    mode: Annotated[Literal["away", "home", "night", "disarm"], Field(description="what to do")]


class HomeSection(Section):
    """One home. With `mirrored` its panel arms itself, and the gateway only reads it."""

    place: Annotated[PlaceRef, Field(description="the room")]
    mirrored: Annotated[
        bool, Field(description="its panel arms itself: the gateway shows that and never overrules it")
    ] = False
    panel: Annotated[DeviceRef | None, Field(description="the panel that is mirrored")] = None
    area: Annotated[int | None, Field(ge=0, le=9999, description="the panel's area, if it has several")] = None
    zones: Annotated[tuple[HomeZone, ...], Field(max_length=64, description="the home's detectors")] = ()
    left_out: Annotated[LeftOut, Field(description="zones that do not count while people are at home")] = LeftOut()
    entry_delay: Annotated[
        Duration, _FIVE_MINUTES, Field(description="how long the alarm waits after an entry zone is opened")
    ] = parse_duration("30s")
    exit_delay: Annotated[Duration, _FIVE_MINUTES, Field(description="how long one may take to leave (mode away)")] = (
        parse_duration("1m")
    )
    keypads: Annotated[tuple[DeviceRef, ...], Field(max_length=8, description="where codes are entered")] = ()
    readers: Annotated[
        tuple[DeviceRef, ...], Field(max_length=8, description="where a card of the household disarms and arms")
    ] = ()
    sirens: Annotated[
        tuple[DeviceRef, ...], Field(max_length=8, description="devices with commands on and off, for alarms")
    ] = ()
    may: Annotated[
        tuple[MembershipRole, ...], Field(min_length=1, description="members who may arm and disarm, by their part")
    ] = ("owner", "tenant", "family", "resident")
    code_on_phone: Annotated[bool, Field(description="whether disarming on the phone needs the code")] = False
    schedule: Annotated[tuple[ScheduledArming, ...], Field(max_length=28, description="arming by the clock")] = ()
    notify: Annotated[
        tuple[str, ...],
        Field(max_length=8, description="notifiers of desk.yaml, with recipients there, that are told too"),
    ] = ()

    @model_validator(mode="after")
    def _consistent(self) -> HomeSection:
        ids = [zone.id for zone in self.zones]
        for index, zone in enumerate(self.zones):
            if zone.id in ids[:index]:
                raise Wrong(f"id {zone.id!r} is given twice", "choose another", ("zones", index, "id"))
        for mode in ("home", "night"):
            for index, name in enumerate(getattr(self.left_out, mode)):
                loc = ("left_out", mode, index)
                if name not in ids:
                    raise Wrong(f"zone {name!r} does not exist", did_you_mean(name, ids), loc)
                if next(zone for zone in self.zones if zone.id == name).type == "24h":
                    raise Wrong(f"{name!r} is a 24-hour zone", "it counts always; take it out here", loc)
        if self.mirrored and self.panel is None:
            raise Wrong("a mirrored home has no 'panel'", "name the device whose arming is mirrored", ("mirrored",))
        if self.mirrored and self.schedule:
            raise Wrong("a mirrored home has a schedule", "its panel arms itself: take it out", ("schedule",))
        if not self.mirrored and not self.zones:
            raise Wrong("the home has no zones", "name its detectors, or set 'mirrored: true'", ("zones",))
        return self


def _each_once(homes: tuple[HomeSection, ...]) -> tuple[HomeSection, ...]:
    """Refuse a place that has two entries, and a detector that belongs to two homes."""
    seen: dict[tuple[str, int | None], str] = {}
    for index, home in enumerate(homes):
        if home.place in {other.place for other in homes[:index]}:
            raise Wrong(f"{home.place} is given twice", "put both into one entry", (index, "place"))
        for number, zone in enumerate(home.zones):
            if (zone.device, zone.zone) in seen:
                what = f"this detector belongs to {seen[zone.device, zone.zone]} already"
                raise Wrong(what, "name each detector once", (index, "zones", number, "device"))
            seen[zone.device, zone.zone] = home.place
    return homes


HomeList = Annotated[
    tuple[HomeSection, ...],
    AfterValidator(_each_once),
    Field(max_length=5000, description="homes with an alarm of their own (户内报警)"),
]
"""The section `homes`."""
