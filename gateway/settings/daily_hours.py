"""Hours of every day in the YAML, such as `22:00-07:00`; the end may lie on the next day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.settings.mend import Wrong

_WRITTEN = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*[-–~至]\s*([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class DailyHours:
    """From `start` up to, but not including, `end`, by a local clock."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def holds(self, at: datetime, zone: tzinfo) -> bool:
        """Whether that moment lies in these hours of the zone."""
        local = at.astimezone(zone).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def next_end(self, at: datetime, zone: tzinfo) -> datetime:
        """The first moment after `at` at which these hours end."""
        local = at.astimezone(zone)
        end = datetime.combine(local.date(), self.end, zone)
        return end if end > local else datetime.combine(local.date() + timedelta(days=1), self.end, zone)


def parse_daily_hours(value: object) -> DailyHours:
    """Parse `"22:00-07:00"`; raises Wrong."""
    if isinstance(value, DailyHours):
        return value
    found = _WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Wrong(f"{value!r} are no hours of a day", "write such as 22:00-07:00")
    hours = DailyHours(time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
    if hours.start == hours.end:
        raise Wrong(f"{value!r} begins and ends at once", "write different times, or leave it out")
    return hours


Hours = Annotated[
    DailyHours,
    BeforeValidator(parse_daily_hours),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}.+$", "examples": ["22:00-07:00"]}),
]
