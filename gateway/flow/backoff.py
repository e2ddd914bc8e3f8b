"""How long a device is left alone before its driver tries again."""

from __future__ import annotations

from datetime import timedelta

from gateway.backoff import ExponentialBackoff
from gateway.errors import LoginRefused

FIRST_S = 1.0
LONGEST_AFTER_REFUSAL_S = 1800.0
STEADY = timedelta(seconds=30)
"""A line that held this long starts again with the shortest pause."""


class Backoff:
    """One device's pauses: each twice the one before, with jitter, those after a refused login apart."""

    def __init__(self, longest: timedelta) -> None:
        self._lost = ExponentialBackoff(FIRST_S, longest.total_seconds(), jitter=(0.5, 1.0))
        self._refused = ExponentialBackoff(LoginRefused.LEAVE_ALONE_S, LONGEST_AFTER_REFUSAL_S, jitter=(1.0, 1.1))

    def after(self, error: BaseException | None, lasted: timedelta) -> float:
        """Seconds to wait, now that the driver has ended with `error` after it ran for so long."""
        if lasted > STEADY:
            self._lost.reset()
            self._refused.reset()
        return (self._refused if isinstance(error, LoginRefused) else self._lost).next_delay()
