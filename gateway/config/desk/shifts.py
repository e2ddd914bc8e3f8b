"""The sections `shifts` and `handover` of desk.yaml: when guards hand over (交接班)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.settings.daily_hours import Hours, parse_daily_hours
from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section


class Shift(Section):
    """A shift (班次) of every day."""

    name: Annotated[str, Field(min_length=1, max_length=40, description="such as 白班")]
    hours: Annotated[Hours, Field(description="such as 20:00-08:00")]
    people: Annotated[int, Field(ge=1, le=50, description="guards that it wants")] = 1


def _each_once(shifts: tuple[Shift, ...]) -> tuple[Shift, ...]:
    names, ends = [shift.name for shift in shifts], [shift.hours.end for shift in shifts]
    if len(set(names)) < len(names):
        raise Wrong("two shifts have one name", "give each its own")
    if len(set(ends)) < len(ends):
        raise Wrong("two shifts end at one time", "one handover ends one shift: merge them")
    return shifts


Shifts = Annotated[
    tuple[Shift, ...],
    AfterValidator(_each_once),
    Field(max_length=12, description="of every day; an empty list: nobody is asked to sign"),
]
DEFAULT_SHIFTS: Shifts = (
    Shift(name="白班", hours=parse_daily_hours("08:00-20:00")),
    Shift(name="夜班", hours=parse_daily_hours("20:00-08:00")),
)


class HandoverSection(Section):
    """Handing over at the end of a shift (交接班)."""

    sign_within: Annotated[
        PositiveDuration,
        max_duration(timedelta(hours=6)),
        Field(description="of a shift's end; else it is an alert that nobody signed, and what is in hand rings again"),
    ] = parse_duration("45m")
