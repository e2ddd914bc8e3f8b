"""The period that a query names with `from` and `to`, in the compound's time zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from gateway.figures.period import LONGEST, Period, start_of
from gateway.model import Words
from gateway.web.api_errors import ApiError
from gateway.web.requests import RequestModel
from gateway.web.services import Services

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_USUAL = timedelta(days=7)
_PRESENT = timedelta(seconds=1)
"""What comes at this very moment belongs to a period that goes up to now."""
Moment = Annotated[str, Field(max_length=40, pattern=r"^[0-9T:.+Z -]+$")]


class PeriodQuery(RequestModel):
    """`from` and `to`: a date of the compound's calendar, which counts as a whole, or a time such as 2026-11-30T08:00.

    A time without an offset is the compound's own. Without `to` up to now; without `from` the seven days before `to`.
    """

    begin: Moment | None = Field(None, alias="from", description="a date or time")
    end: Moment | None = Field(None, alias="to", description="a date, which is included, or a time, which is not")


def zone_of(services: Services) -> ZoneInfo:
    """The compound's time zone."""
    return ZoneInfo(services.compound.timezone)


def today(services: Services) -> date:
    """The day of the compound's calendar."""
    return services.now().astimezone(zone_of(services)).date()


def period_of(services: Services, query: PeriodQuery) -> Period:
    """The period of the query. Raises ApiError (400) for one that is no time, is empty or is too long."""
    zone = zone_of(services)
    end = _moment("to", query.end, zone, whole_day=True) if query.end else services.now() + _PRESENT
    begin = _moment("from", query.begin, zone) if query.begin else end - _USUAL
    if begin >= end:
        raise ApiError(400, Words("开始时间必须早于结束时间", "`from` must be before `to`"))
    if end - begin > LONGEST + timedelta(days=1):  # whole days, one of which may have 25 hours
        words = Words(f"时间范围最多 {LONGEST.days} 天", f"A period may have at most {LONGEST.days} days")
        raise ApiError(400, words)
    return Period(begin, end, zone, services.shifts())


def date_of(text: str) -> date:
    """Raises ApiError (400) for text that is no date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ApiError(400, Words("日期要写成 2026-11-30", "Write a date like 2026-11-30")) from error


def _moment(name: str, text: str, zone: ZoneInfo, *, whole_day: bool = False) -> datetime:
    try:
        if _DATE.fullmatch(text):
            moment = start_of(date.fromisoformat(text) + timedelta(days=whole_day), zone)
        else:
            given = datetime.fromisoformat(text)
            moment = (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
        in_bounds = _EARLIEST <= moment <= _LATEST
    except (ValueError, OverflowError):
        in_bounds = False
    if not in_bounds:
        words = Words(
            f"{name} 要写成 2026-11-30 或 2026-11-30T08:00", f"Write `{name}` like 2026-11-30 or 2026-11-30T08:00"
        )
        raise ApiError(400, words)
    return moment
