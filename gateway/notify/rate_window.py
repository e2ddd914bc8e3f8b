"""How many messages may still go out in the present minute: services count over a sliding minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


class RateWindow:
    """Counts what was sent in the last minute. Attempts count, not only successes: so does the service."""

    def __init__(self, sent: Iterable[datetime] = ()) -> None:
        self._sent = deque(sent)

    def count(self, at: datetime) -> None:
        """One was sent at that time."""
        self._sent.append(at)

    def free(self, limit: int, now: datetime) -> int:
        """How many may be sent now."""
        self._forget(now)
        return max(0, limit - len(self._sent))

    def seconds_to_next(self, now: datetime) -> float:
        """Until the oldest of them is a minute old."""
        self._forget(now)
        return max(0.0, (self._sent[0] + MINUTE - now).total_seconds()) if self._sent else 0.0

    def _forget(self, now: datetime) -> None:
        # Also what lies ahead: the clock was set back, and it would block for as long as the step.
        self._sent = deque(at for at in self._sent if now - MINUTE < at <= now)
