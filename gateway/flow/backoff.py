"""Exponential back-off with jitter: the pause before a driver is started again."""

from __future__ import annotations

import random
from datetime import timedelta

from gateway.errors import LoginRefused

FIRST_PAUSE_S = 1.0
MAX_PAUSE_AFTER_LOGIN_REFUSED_S = 1800.0
STABLE = timedelta(seconds=30)
"""After a run of this length the pauses begin again with the shortest."""


class Backoff:
    """The pauses of one device: each twice the one before. Pauses after a refused login are counted apart."""

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest.total_seconds()
        self._lost = FIRST_PAUSE_S
        self._refused = LoginRefused.LEAVE_ALONE_S

    def after(self, error: BaseException | None, lasted: timedelta) -> float:
        """Seconds to wait after the driver ended with `error`, having run for `lasted`."""
        if lasted > STABLE:
            self._lost, self._refused = FIRST_PAUSE_S, LoginRefused.LEAVE_ALONE_S
        if isinstance(error, LoginRefused):
            pause, self._refused = self._refused, min(2 * self._refused, MAX_PAUSE_AFTER_LOGIN_REFUSED_S)
            return pause * random.uniform(1.0, 1.1)  # noqa: S311  # jitter
        pause, self._lost = self._lost, min(2 * self._lost, self._longest)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311  # jitter
