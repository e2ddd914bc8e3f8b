"""A time of the day in the YAML, such as `08:00`, by the compound's clock."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.settings.mend import Wrong

_PATTERN = r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$"


def parse_time_of_day(value: object) -> time:
    """Parse `"08:00"`; raises Wrong for anything else."""
    if isinstance(value, time):  # a default in a model
        return value
    text = str(value).strip()
    if not isinstance(value, str) or not re.fullmatch(_PATTERN, text):
        raise Wrong(f"{value!r} is no time of the day", "write it like '08:00', in quotes")
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


TimeOfDay = Annotated[
    time,
    BeforeValidator(parse_time_of_day),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["08:00"]}),
]
