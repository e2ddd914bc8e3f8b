"""The keys that every entry of the list `notifiers` of desk.yaml has."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gateway.config.ids import Id
from gateway.notifier import Language
from gateway.settings.daily_hours import Hours
from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

SeverityName = Literal["critical", "high", "medium", "low"]
Personal = Literal["room", "reason"]
"""Personal data of an incident: the room where it is, and its reason, which may name a person or a number plate."""


def _each_once(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) < len(value):
        raise Wrong("one of them is named twice", "name each once")
    return value


class NotifierCommon(Section):
    """Keys that every notifier has."""

    id: Annotated[Id, Field(description="short and permanent; escalation steps and reports name it")]
    kind: Annotated[str, Field(description="such as wecom or smtp, or a third party's module with a dot")]
    language: Annotated[Language, Field(description="of its messages: zh, en or both")] = "zh"
    severities: Annotated[
        tuple[SeverityName, ...],
        AfterValidator(_each_once),
        Field(min_length=1, description="incidents of other severities are not told by it"),
    ] = ("critical", "high", "medium", "low")
    may_name: Annotated[
        tuple[Personal, ...],
        AfterValidator(_each_once),
        Field(
            description="personal data that may leave the compound by it. room: which room, not only which unit; "
            "reason: why it rang, which may name a person or a number plate"
        ),
    ] = ()
    quiet: Annotated[
        Hours | None, Field(description="hours in which only what is critical is told; the rest waits for their end")
    ] = None
    per_minute: Annotated[
        int, Field(ge=1, le=600, description="messages a minute; what is more becomes one digest (还有N条)")
    ] = 15
    give_up_after: Annotated[
        PositiveDuration | None,
        max_duration(timedelta(days=7)),
        Field(description="a message unsent for this long is reported as undelivered; default: by kind, mostly 1d"),
    ] = None
    probe_every: Annotated[
        PositiveDuration,
        max_duration(timedelta(minutes=55)),
        Field(description="after this long without a message, a test proves delivery; an hour unproved is an alert"),
    ] = parse_duration("45m")
