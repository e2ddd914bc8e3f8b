"""Types for durations in the YAML: `30s`, `5m`, `2h`, `90d`, `1h30m`, `300ms`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from gateway.settings.mend import Wrong

_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_WHOLE = r"^([0-9]{1,6}(d|h|ms|m|s))+$"
_COMPONENT = re.compile(r"([0-9]{1,6})(d|h|ms|m|s)")
_MAX = timedelta(days=36500)


def parse_duration(value: object) -> timedelta:
    """Parse `"1h30m"`; raises Wrong for anything else, also for a bare number."""
    if isinstance(value, timedelta):  # a default in a model
        return value
    text = str(value).strip()
    if not isinstance(value, str) or not re.fullmatch(_WHOLE, text):
        example = f"{text}s" if text.isascii() and text.isdigit() else "30s, 5m, 2h or 90d"
        raise Wrong(f"{value!r} is no length of time", f"write it with its unit, such as {example}")
    total = sum((int(count) * _UNITS[unit] for count, unit in _COMPONENT.findall(text)), timedelta())
    if total > _MAX:
        raise Wrong(f"{value!r} is more than a hundred years", "write a shorter time")
    return total


def format_duration(value: timedelta) -> str:
    """Format a duration as it is written in the YAML, such as `1h30m`."""
    components = []
    for unit, length in _UNITS.items():
        count, value = divmod(value, length)
        if count:
            components.append(f"{count}{unit}")
    return "".join(components) or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _WHOLE, "examples": ["30s", "5m", "2h", "90d"]}),
]


def max_duration(longest: timedelta) -> AfterValidator:
    """A validator for durations up to and including `longest`."""

    def check(value: timedelta) -> timedelta:
        if value > longest:
            raise Wrong(f"{format_duration(value)} is too long", f"write at most {format_duration(longest)}")
        return value

    return AfterValidator(check)


def min_duration(shortest: timedelta) -> AfterValidator:
    """A validator for durations from `shortest` on."""

    def check(value: timedelta) -> timedelta:
        if value < shortest:
            raise Wrong(f"{format_duration(value)} is too short", f"write at least {format_duration(shortest)}")
        return value

    return AfterValidator(check)


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise Wrong("it can't be 0", "write a length of time")
    return value


PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
