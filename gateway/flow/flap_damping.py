"""Flap damping: decides when a device that is lost again and again counts as back.

The first few times it is back at once. When it is lost again soon after, it must be stable for some seconds before it
counts as back, longer each time. So a line that is lost every second raises one alert, as a dead one does, and neither
flickers on the screen nor fills the journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Bounds:
    """After `free` losses it must be stable for `hold`, doubled with each further loss up to `longest`.

    A loss counts as a further one when it comes within `soon` after the last return.
    """

    free: int
    hold: timedelta
    longest: timedelta
    soon: timedelta


@dataclass(slots=True)
class _Loss:
    at: datetime
    hold: timedelta
    count: int
    seen_alive: bool = False
    ended: datetime | None = None


class FlapDamping:
    """Keeps the losses of devices, by id. All times must be of one clock."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._of: dict[str, _Loss] = {}

    def lost(self, device: str, now: datetime) -> bool:
        """Note a loss; returns whether the device counted as present until now."""
        known, bounds = self._of.get(device), self._bounds
        if known is not None and known.ended is None:
            known.at, known.seen_alive = now, False
            return False
        soon = known is not None and known.ended is not None and now - known.ended <= bounds.soon
        count = known.count + 1 if known is not None and soon else 1
        over = count - bounds.free
        hold = timedelta() if over <= 0 else min(bounds.hold * 2 ** min(over - 1, 16), bounds.longest)
        self._of[device] = _Loss(now, hold, count)
        return True

    def recovered(self, device: str, now: datetime) -> bool:
        """Note a sign of life; returns whether the device counts as back."""
        known = self._of.get(device)
        if known is None or known.ended is not None:
            return True
        known.seen_alive = True
        if now - known.at < known.hold:
            return False
        known.ended = now
        return True

    def settled(self, now: datetime) -> Iterator[str]:
        """The devices that gave a sign of life and were not lost again for long enough: they count as back now."""
        for device, known in self._of.items():
            if known.seen_alive and known.ended is None and now - known.at >= known.hold:
                yield device

    def clock_stepped(self, step: timedelta) -> None:
        """The clock of all `now` has jumped by `step`."""
        for known in self._of.values():
            known.at += step
            known.ended = known.ended and known.ended + step
