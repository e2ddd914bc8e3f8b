"""The YAML settings of a framed_serial device. validation.py and examples.py check them against each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from gateway.links.serial import SerialSettings
from gateway.protocols.framed.checksum import ByteOrder
from gateway.protocols.framed.fields import FieldSettings, Value
from gateway.protocols.framed.frame_format import FrameFormat
from gateway.protocols.framed.hex_bytes import HexBytes
from gateway.protocols.framed.template import TemplateText
from gateway.settings.context import PlaceRef
from gateway.settings.durations import Duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.settings.signal_kind import SignalKind


def _as_tuple(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


def _as_mapping(value: object) -> object:
    return {name: name for name in value} if isinstance(value, list | tuple) else value


Values = Annotated[
    tuple[Value, ...],
    BeforeValidator(_as_tuple, json_schema_input_type=Value | tuple[Value, ...]),
    Field(min_length=1),
]
"""One value, or a list of alternatives."""
When = Annotated[
    Mapping[str, Values],
    Field(description="field: value, or a list of values; size: the frame's bytes"),
]
Names = Annotated[tuple[str, ...], BeforeValidator(_as_tuple, json_schema_input_type=str | tuple[str, ...])]
"""One field, or several together."""


class FramedZone(Section):
    """A zone (防区) of the host, as a device of its own."""

    number: Annotated[int | str, Field(description="its number at the host; '2.7' if two fields together identify it")]
    id: Annotated[str, Field(description="what the zone is called in rules and in the guard room")]
    name: str
    place: PlaceRef | None = None


class ConditionSettings(Section):
    """A state that lasts. Its begin and end are each reported once, whether an event or a status shows them."""

    begins: SignalKind
    ends: SignalKind
    of: Annotated[Literal["zone", "area", "host"], Field(description="what the condition belongs to")] = "zone"


class MessageSettings(Section):
    """The meaning of a kind of frame. Without kind, begins, ends and states it only shows that the device is alive."""

    when: When
    kind: Annotated[SignalKind | None, Field(description="the signal that it becomes")] = None
    begins: Annotated[str | None, Field(description="the condition that it begins")] = None
    ends: Annotated[str | None, Field(description="the condition that it ends")] = None
    states: Annotated[Mapping[str, str], Field(description="field of bits: condition; bit 0 is zone or area 1")] = {}
    zone: Annotated[Names, Field(description="the field with the zone's number")] = ()
    area: Annotated[str | None, Field(description="the field with the area's number")] = None
    data: Annotated[
        Mapping[str, str],
        BeforeValidator(_as_mapping, json_schema_input_type=Mapping[str, str] | tuple[str, ...]),
        Field(description="fields that the signal carries, renamed if given as NAME: FIELD"),
    ] = {}
    id: Annotated[Names, Field(description="the fields that identify the event, so that a repetition is found")] = ()
    at: Annotated[str | None, Field(description="the field with the device's time, read as clock says")] = None

    @model_validator(mode="after")
    def _check_single_meaning(self) -> Self:
        keys = [key for key in ("kind", "begins", "ends", "states") if getattr(self, key)]
        if len(keys) > 1:
            raise Wrong(f"{keys[0]} and {keys[1]} can't both be", "write two messages", (keys[1],))
        if self.zone and self.area:
            raise Wrong("a message names a zone or an area, not both", "keep one", ("area",))
        return self


class AcknowledgeSettings(Section):
    """A frame to send after the events of a frame are committed."""

    when: When
    send: TemplateText


class PollSettings(Section):
    """The poll request and its interval."""

    send: TemplateText
    every: Annotated[Duration, Field(ge=timedelta(milliseconds=50), le=timedelta(minutes=10))] = timedelta(seconds=2)
    missed: Annotated[
        int, Field(ge=1, le=100, description="polls without a reply after which the line counts as lost")
    ] = 3


class ArgumentSettings(Section):
    """An argument of a command. One named `zone` also takes a zone's id, and may be left out in a command to a zone."""

    type: Literal["u8", "u16", "bcd", "digits", "ascii"] = "u8"
    width: Annotated[int | None, Field(ge=1, le=64, description="bytes; not needed for u8 and u16")] = None
    least: int | None = None
    most: int | None = None
    default: int | str | None = None

    @property
    def field(self) -> FieldSettings:
        """The field that encodes the argument; its offset is not used."""
        return FieldSettings(at=0, type=self.type, width=self.width)

    @model_validator(mode="after")
    def _check_width(self) -> Self:
        if self.type == "u16" and self.width not in {None, 2}:
            raise Wrong("a u16 has 2 bytes", "leave out width", ("width",))
        return self


class CommandSettings(Section):
    """A command. Without `answer` it counts as done once it is sent, and its result says `confirmed: false`."""

    send: TemplateText
    arguments: Mapping[str, ArgumentSettings] = {}
    answer: When = Field(default_factory=dict, description="the fields of its reply")
    echo: Annotated[str | None, Field(description="the field of the reply that repeats {count}")] = None
    done: When = Field(default_factory=dict, description="fields of a reply that means success; any reply, if left out")


class ClockSettings(Section):
    """Format and time zone of the times that the device sends."""

    format: Annotated[str, Field(description="the format of its digits, as in strptime: %y%m%d%H%M%S")] = "%y%m%d%H%M%S"
    timezone: str = "Asia/Shanghai"

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError) as error:
            raise Wrong(f"{name!r} is no time zone", "write one like Asia/Shanghai") from error
        return name


class ExampleFrame(Section):
    """A frame from the manual or a capture, and the event that `anju check` must read from it."""

    bytes: Annotated[HexBytes, Field(min_length=1)]
    kind: Annotated[SignalKind | None, Field(description="the signal that it must become; left out: none")] = None
    zone: Annotated[int | str | None, Field(description="the number of the zone of that signal")] = None


class FramedSettings(SerialSettings):
    """A serial line and the protocol that is spoken on it."""

    frame: Annotated[FrameFormat, Field(description="where a frame begins and ends, and its checksum")]
    order: Annotated[ByteOrder, Field(description="byte order of numbers of several bytes")] = "big"
    fields: Annotated[Mapping[str, FieldSettings], Field(description="the fields of a frame")]
    only: When = Field(default_factory=dict, description="fields of the frames of this device; others are ignored")
    messages: Annotated[tuple[MessageSettings, ...], Field(description="the meaning of its frames")]
    conditions: Annotated[
        Mapping[str, ConditionSettings], Field(description="states that last, and the signals of their begin and end")
    ] = {}
    acknowledge: Annotated[
        tuple[AcknowledgeSettings, ...],
        Field(description="frames to send once the events of a frame are committed"),
    ] = ()
    poll: Annotated[PollSettings | None, Field(description="the poll and its interval")] = None
    commands: Annotated[Mapping[str, CommandSettings], Field(description="the commands that it takes")] = {}
    zones: tuple[FramedZone, ...] = ()
    clock: ClockSettings = ClockSettings()
    examples: Annotated[
        tuple[ExampleFrame, ...], Field(description="frames of the manual, checked by `anju check`")
    ] = ()
