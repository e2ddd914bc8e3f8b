"""Converts RTP timestamps, which wrap and jump, to stream time, and by sender reports to wall time."""

from __future__ import annotations

MAX_FORWARD = 30.0
"""Seconds between two pictures beyond which the timestamps are taken to have jumped, and not the time."""
MAX_BACKWARD = 1.0
"""Seconds that a timestamp may step back (B pictures). More means that the camera's clock was set: many derive their
timestamps from it."""
STUCK_PICTURES = 25
"""Pictures in a row with the same timestamp after which timestamps are taken to be stuck."""
_WRAP, _HALF = 1 << 32, 1 << 31


def difference(one: int, other: int) -> int:
    """`one` - `other` of two 32 bit timestamps that are less than half a wrap apart."""
    return (one - other + _HALF) % _WRAP - _HALF


class MediaClock:
    """One stream's. `rate` is in ticks a second (90,000 for video: RFC 6184, 8.2.1)."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._max_forward, self._max_backward = round(MAX_FORWARD * rate), round(MAX_BACKWARD * rate)
        self._last = -_WRAP
        self._ticks = 0
        self._last_now = 0.0
        self._same = 0
        self._report: tuple[int, float] | None = None

    def time(self, timestamp: int, now: float) -> float:
        """Seconds since the first timestamp; may step back a little (B pictures).

        `now` (monotonic seconds) replaces timestamps that jump or are stuck.
        """
        passed = timestamp - self._last
        # The common case costs one comparison; a wrap makes `passed` negative and is handled as unusual.
        if not 0 < passed <= self._max_forward:
            passed = self._unusual(timestamp, now)
        else:
            self._same = 0
        self._last, self._last_now = timestamp, now
        self._ticks += passed
        return self._ticks / self.rate

    def _unusual(self, timestamp: int, now: float) -> int:
        """Ticks since the last picture, when the timestamp is not simply a little larger."""
        if self._last < 0:
            return 0
        passed = difference(timestamp, self._last)
        self._same = self._same + 1 if passed == 0 else 0
        if not -self._max_backward <= passed <= self._max_forward or self._same >= STUCK_PICTURES:
            passed = round((now - self._last_now) * self.rate)
            self._report = None  # it belongs to the timestamps before the jump
        return passed

    def set_report(self, timestamp: int, wall: float) -> None:
        """From a sender report: `timestamp` was at `wall` seconds since 1970, by the camera's clock."""
        self._report = timestamp, wall

    def wall_time(self, timestamp: int) -> float | None:
        """Seconds since 1970 by the camera's clock; None without a sender report."""
        if self._report is None:
            return None
        then, wall = self._report
        return wall + difference(timestamp, then) / self.rate
