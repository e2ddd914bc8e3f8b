"""The sections `holidays` and `schedules`: on which days, at which hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from gateway.config.access.names import Id
from gateway.settings.daily_hours import Hours
from gateway.settings.section import Section

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "workdays", "days_off", "holidays"]


class HolidaySection(Section):
    """Which days are worked. Mainland China's holidays with their make-up workdays (调休) come with the gateway."""

    calendar: Annotated[
        Literal["CN", "none"], Field(description="whose public holidays; none: every Saturday and Sunday is off")
    ] = "CN"
    off: Annotated[tuple[date, ...], Field(max_length=400, description="further days off, such as 2027-05-06")] = ()
    worked: Annotated[
        tuple[date, ...], Field(max_length=400, description="days that are worked here although they are off elsewhere")
    ] = ()


class SpanSection(Section):
    """One part of a schedule. Hours that go over midnight belong to the day on which they begin."""

    days: Annotated[
        tuple[Day, ...],
        Field(
            max_length=10,
            description="days of the week, or workdays, days_off (weekends and holidays), holidays; none: every day",
        ),
    ] = ()
    hours: Annotated[Hours | None, Field(description="such as 06:00-22:00; left out: the whole day")] = None


Schedules = Annotated[
    Mapping[Id, Annotated[tuple[SpanSection, ...], Field(min_length=1, max_length=20)]],
    Field(max_length=100, description="times under a name of your choice; any of a schedule's parts is enough"),
]
