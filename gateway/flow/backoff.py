"""Exponential back-off with jitter: the pause before a driver is started again."""

from __future__ import annotations

from datetime import timedelta

from gateway.backoff import ExponentialBackoff
from gateway.errors import LoginRefused

FIRST_PAUSE_S = 1.0
MAX_PAUSE_AFTER_LOGIN_REFUSED_S = 1800.0
STABLE = timedelta(seconds=30)
"""After a run of this length the pauses begin again with the shortest."""


class Backoff:
    """The pauses of one device: each twice the one before. Pauses after a refused login are counted apart."""

    def __init__(self, longest: timedelta) -> None:
        self._lost = ExponentialBackoff(FIRST_PAUSE_S, longest.total_seconds(), jitter=(0.5, 1.0))
        # Never early: an account that is tried too soon is locked by many devices.
        self._refused = ExponentialBackoff(
            LoginRefused.LEAVE_ALONE_S, MAX_PAUSE_AFTER_LOGIN_REFUSED_S, jitter=(1.0, 1.1)
        )

    def after(self, error: BaseException | None, lasted: timedelta) -> float:
        """Seconds to wait after the driver ended with `error`, having run for `lasted`."""
        if lasted > STABLE:
            self._lost.reset()
            self._refused.reset()
        return (self._refused if isinstance(error, LoginRefused) else self._lost).next_delay()
