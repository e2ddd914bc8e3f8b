"""When a scan was made, by the phone that tells of it: a phone without signal delivers later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE_AFTER = timedelta(minutes=1)
"""A scan that took longer than this to arrive counts as delivered late (补传)."""
_JITTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Placed:
    """`made` is by our clock. `clock_off` is how far the phone's clock is behind ours.

    `doubt`: why the time can't be believed, `future` or `old`; empty for a plausible one.
    """

    made: datetime
    late: bool
    clock_off: timedelta
    doubt: str = ""


def placed(made: datetime, sent: datetime, received: datetime, longest: timedelta) -> Placed:
    """`made` and `sent` are by the phone's clock, `received` by ours.

    Only the time between `made` and `sent` is the phone's word: a wrong clock does not matter, one that was set in
    between does, and can't be told from the truth unless it leads into the future or too far back.
    """
    age, off = sent - made, received - sent
    if age < -_JITTER:
        return Placed(received, True, off, "future")
    if age > longest:
        return Placed(received - age, True, off, "old")
    age = max(age, timedelta())
    return Placed(received - age, age > LATE_AFTER, off)
