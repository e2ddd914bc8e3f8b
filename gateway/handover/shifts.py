"""When shifts begin and end, by the compound's clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from gateway.config.desk import Shift

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ShiftPeriod:
    """One shift of one day; times are UTC."""

    shift: Shift
    began: datetime
    ended: datetime


def last_ended(shifts: Sequence[Shift], at: datetime, zone: tzinfo) -> ShiftPeriod | None:
    """The period that ended last, at or before `at`."""
    return max((p for p in _around(shifts, at, zone) if p.ended <= at), key=lambda p: p.ended, default=None)


def next_to_end(shifts: Sequence[Shift], at: datetime, zone: tzinfo) -> ShiftPeriod | None:
    """The period that ends next, after `at`."""
    return min((p for p in _around(shifts, at, zone) if p.ended > at), key=lambda p: p.ended, default=None)


def _around(shifts: Sequence[Shift], at: datetime, zone: tzinfo) -> Iterator[ShiftPeriod]:
    """The periods that end yesterday, today and tomorrow."""
    today = at.astimezone(zone).date()
    for shift in shifts:
        for day in (today - _DAY, today, today + _DAY):
            hours = shift.hours
            ended = datetime.combine(day, hours.end, zone)
            began = datetime.combine(day if hours.start < hours.end else day - _DAY, hours.start, zone)
            yield ShiftPeriod(shift, began.astimezone(UTC), ended.astimezone(UTC))
