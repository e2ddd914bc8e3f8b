"""Working days, and whether a schedule covers a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

import holidays

from gateway.config.access import HolidaySection, SpanSection

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Calendar:
    """The days of `holidays`. China's are known with their make-up workdays as far as they are published."""

    def __init__(self, settings: HolidaySection, zone: tzinfo) -> None:
        self._off, self._worked = frozenset(settings.off), frozenset(settings.worked)
        self._public = holidays.country_holidays("CN") if settings.calendar == "CN" else None
        self.zone = zone

    def is_holiday(self, day: date) -> bool:
        """Whether it is a public holiday, or one of the compound's own."""
        if day in self._off:
            return True
        return self._public is not None and day not in self._worked and day in self._public

    def is_workday(self, day: date) -> bool:
        """Whether it is worked: no weekend and no holiday, or made up for."""
        if day in self._worked or day in self._off:
            return day in self._worked
        return self._public.is_working_day(day) if self._public is not None else day.weekday() < 5

    def covers(self, spans: Sequence[SpanSection], at: datetime) -> bool:
        """Whether any of the spans covers this moment."""
        local = at.astimezone(self.zone)
        return any(self._span_covers(span, local) for span in spans)

    def _span_covers(self, span: SpanSection, local: datetime) -> bool:
        day, hours = local.date(), span.hours
        if hours is not None:
            if not hours.holds(local, self.zone):
                return False
            if hours.start > hours.end and local.time() < hours.end:
                day -= timedelta(days=1)  # it began the evening before
        return not span.days or any(self.is_day(day, name) for name in span.days)

    def is_day(self, day: date, name: str) -> bool:
        """Whether the day is one of those that a schedule calls so."""
        match name:
            case "workdays":
                return self.is_workday(day)
            case "days_off":
                return not self.is_workday(day)
            case "holidays":
                return self.is_holiday(day)
        return _WEEKDAYS[day.weekday()] == name
