"""Converts values to columns and back: times are microseconds since the epoch, data is JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(time: datetime) -> int:
    """Microseconds since 1970-01-01 UTC; exact, unlike `timestamp()`."""
    return (time - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The time in UTC. Raises OverflowError beyond the year 9999."""
    return _EPOCH + us * _MICROSECOND


def maybe_us(time: datetime | None) -> int | None:
    """`to_us` for a nullable column."""
    return None if time is None else to_us(time)


def maybe_time(us: int | None) -> datetime | None:
    """`from_us` for a nullable column."""
    return None if us is None else from_us(us)


def to_json(data: Mapping[str, Any]) -> str:
    """Canonical JSON: equal data gives equal text, because the text is hashed and compared."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> dict[str, Any]:
    """Raises ValueError for text that is no JSON, TypeError for JSON that is no object."""
    data = json.loads(text)
    if not isinstance(data, dict):
        raise TypeError(f"expected a JSON object in the record, found {text[:80]!r}")
    return data
