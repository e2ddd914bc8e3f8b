"""When a device that comes and goes counts as back: what flaps must neither flicker nor fill the journal.

The first few times it is back at once. When it falls again soon after, it has to stand for some seconds without a fall
before it counts as back, longer each time; so a line that is lost and back every second rings like one that is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Bounds:
    """`free` falls soon after each other end at once; then it must stand for `hold`, twice as long each time."""

    free: int
    hold: timedelta
    longest: timedelta
    soon: timedelta
    """After its last return."""


@dataclass(slots=True)
class _Fall:
    at: datetime
    hold: timedelta
    count: int
    stood: bool = False
    ended: datetime | None = None


class FlapDamping:
    """Of devices, by id. All times are those of one clock."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._of: dict[str, _Fall] = {}

    def fell(self, device: str, now: datetime) -> bool:
        """Note it; returns whether it had stood until now."""
        known, bounds = self._of.get(device), self._bounds
        if known is not None and known.ended is None:
            known.at, known.stood = now, False
            return False
        soon = known is not None and known.ended is not None and now - known.ended <= bounds.soon
        count = known.count + 1 if known is not None and soon else 1
        over = count - bounds.free
        hold = timedelta() if over <= 0 else min(bounds.hold * 2 ** min(over - 1, 16), bounds.longest)
        self._of[device] = _Fall(now, hold, count)
        return True

    def stands(self, device: str, now: datetime) -> bool:
        """Note a sign that it is well; returns whether it counts as back."""
        known = self._of.get(device)
        if known is None or known.ended is not None:
            return True
        known.stood = True
        if now - known.at < known.hold:
            return False
        known.ended = now
        return True

    def settled(self, now: datetime) -> Iterator[str]:
        """Those that gave such a sign, and have not fallen since for long enough."""
        for device, known in self._of.items():
            if known.stood and known.ended is None and now - known.at >= known.hold:
                yield device

    def clock_stepped(self, step: timedelta) -> None:
        """The clock of all `now` has jumped by so much."""
        for known in self._of.values():
            known.at += step
            known.ended = known.ended and known.ended + step
