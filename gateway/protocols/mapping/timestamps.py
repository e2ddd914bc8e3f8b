"""A device's time in whatever way it is written; noted, never trusted, so what can't be read is no time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_MILLISECONDS_FROM = 100_000_000_000
"""A number above this counts milliseconds: as seconds it would be the year 5138."""


def parse_timestamp(value: object, form: str | None, zone: ZoneInfo) -> datetime | None:
    """ISO 8601, seconds or milliseconds since 1970, or as `form` says (strptime); without an offset it is `zone`'s."""
    try:
        if form:
            return _in_utc(datetime.strptime(str(value), form), zone)  # noqa: DTZ007  # the zone is the next step
        if isinstance(value, int | float) or (isinstance(value, str) and value.strip().isdecimal()):
            number = float(value)
            return datetime.fromtimestamp(number / 1000 if number > _MILLISECONDS_FROM else number, UTC)
        return _in_utc(datetime.fromisoformat(str(value).strip()), zone)
    except (ValueError, OverflowError, OSError):
        return None


def _in_utc(read: datetime, zone: ZoneInfo) -> datetime:
    return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
