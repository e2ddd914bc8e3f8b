"""Parses a device's time. It is recorded and never relied on, so what can't be read is simply no time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_MIN_MILLISECONDS = 100_000_000_000
"""A number above this counts milliseconds: as seconds it would be the year 5138."""


def parse_timestamp(value: object, form: str | None, zone: ZoneInfo) -> datetime | None:
    """ISO 8601, seconds or milliseconds since 1970, or the format `form` of strptime; None if it can't be read.

    A time without an offset is in `zone`. The result is in UTC.
    """
    try:
        if form:
            return _in_utc(datetime.strptime(str(value), form), zone)  # noqa: DTZ007  # the zone is the next step
        # Digits alone are seconds or milliseconds, though `fromisoformat` would read 20261122 as a date.
        if isinstance(value, int | float) or (isinstance(value, str) and value.strip().isdecimal()):
            number = float(value)
            return datetime.fromtimestamp(number / 1000 if number > _MIN_MILLISECONDS else number, UTC)
        return _in_utc(datetime.fromisoformat(str(value).strip()), zone)
    except (ValueError, OverflowError, OSError):
        return None


def _in_utc(parsed: datetime, zone: ZoneInfo) -> datetime:
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
