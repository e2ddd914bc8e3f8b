"""A stream's time: RTP timestamps that wrap and leap, and the wall clock that sender reports tie them to."""

from __future__ import annotations

MAX_FORWARD = 30.0
"""Seconds between two pictures beyond which the timestamps, not the time, are taken to have jumped."""
MAX_BACKWARD = 1.0
"""Seconds that a picture may be shown before the one in front of it (B pictures). More, and the camera's clock was set:
many count their timestamps by it."""
STUCK_PICTURES = 25
"""Pictures in a row with one timestamp after which the timestamps are taken to stand still."""
_WRAP, _HALF = 1 << 32, 1 << 31


def difference(one: int, other: int) -> int:
    """`one` - `other` of two 32 bit timestamps that are less than half a wrap apart."""
    return (one - other + _HALF) % _WRAP - _HALF


class MediaClock:
    """`rate` ticks a second (90,000 for video: RFC 6184, 8.2.1)."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._leap, self._back = round(MAX_FORWARD * rate), round(MAX_BACKWARD * rate)
        self._last = -_WRAP
        self._ticks = 0
        self._heard = 0.0
        self._same = 0
        self._report: tuple[int, float] | None = None

    def time(self, timestamp: int, now: float) -> float:
        """Seconds since the first timestamp; may step back a little (B pictures).

        `now` (monotonic) bridges a leap and a standstill.
        """
        passed = timestamp - self._last
        if not 0 < passed <= self._leap:
            passed = self._unusual(timestamp, now)
        else:
            self._same = 0
        self._last, self._heard = timestamp, now
        self._ticks += passed
        return self._ticks / self.rate

    def _unusual(self, timestamp: int, now: float) -> int:
        """Ticks since the picture before, when the timestamp is not simply a little larger."""
        if self._last < 0:
            return 0
        passed = difference(timestamp, self._last)
        self._same = self._same + 1 if passed == 0 else 0
        if not -self._back <= passed <= self._leap or self._same >= STUCK_PICTURES:
            passed = round((now - self._heard) * self.rate)
            self._report = None
        return passed

    def reported(self, timestamp: int, wall: float) -> None:
        """A sender report: `timestamp` was at `wall` seconds since 1970."""
        self._report = timestamp, wall

    def wall(self, timestamp: int) -> float | None:
        if self._report is None:
            return None
        then, wall = self._report
        return wall + difference(timestamp, then) / self.rate
