"""A part of the day in the YAML, by the compound's clock: `22:00-06:00` goes over midnight."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.settings.mend import Wrong

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\s*-\s*(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9] ?- ?(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


@dataclass(frozen=True, slots=True)
class HoursOfDay:
    """From `begin` to before `end`; over midnight when `end` is not later."""

    begin: time
    end: time

    def covers(self, at: time) -> bool:
        """Whether the time of day is in it."""
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M}"


def parse_hours(value: Any) -> HoursOfDay:
    """Parse `"22:00-06:00"`; raises Wrong for anything else."""
    if isinstance(value, HoursOfDay):
        return value
    match = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise Wrong(f"{value!r} is no part of the day", "write it in quotes as '22:00-06:00'")
    begin = time(int(match[1]), int(match[2]))
    end = time(int(match[3]), int(match[4])) if match[3] else time(0)
    if begin == end:
        raise Wrong(f"{value!r} begins when it ends", "leave it out for the whole day")
    return HoursOfDay(begin, end)


Hours = Annotated[
    HoursOfDay,
    BeforeValidator(parse_hours),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["22:00-06:00"]}),
]
