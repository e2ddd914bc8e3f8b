"""A time of day and days of the week, as they are written in desk.yaml: `22:00`, `[mon, tue]`."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema

from gateway.settings.mend import Wrong

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EVERY_DAY: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _time_of_day(value: object) -> str:
    text = str(value).strip()
    if re.fullmatch(r"[0-9]:[0-5][0-9]", text):
        text = f"0{text}"
    if not isinstance(value, str) or not re.fullmatch(_TIME, text):
        raise Wrong(f"{value!r} is no time of day", "write it as '22:00', from 00:00 to 23:59")
    return text


TimeOfDay = Annotated[
    str, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": _TIME, "examples": ["22:00"]})
]
"""Local time, in the compound's time zone."""


def minutes_of(time: str) -> int:
    """Minutes since midnight of a TimeOfDay."""
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
