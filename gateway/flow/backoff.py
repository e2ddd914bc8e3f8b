"""How long a device is left alone before its driver tries again."""

from __future__ import annotations

import random
from datetime import timedelta

from gateway.errors import LoginRefused

FIRST_S = 1.0
LONGEST_AFTER_REFUSAL_S = 1800.0
STEADY = timedelta(seconds=30)
"""A line that held this long starts again with the shortest pause."""


class Backoff:
    """One device's pauses: each twice the one before, with jitter, those after a refused login apart."""

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest.total_seconds()
        self._lost = FIRST_S
        self._refused = LoginRefused.LEAVE_ALONE_S

    def after(self, error: BaseException | None, lasted: timedelta) -> float:
        """Seconds to wait, now that the driver has ended with `error` after it ran for so long."""
        if lasted > STEADY:
            self._lost, self._refused = FIRST_S, LoginRefused.LEAVE_ALONE_S
        if isinstance(error, LoginRefused):
            pause, self._refused = self._refused, min(2 * self._refused, LONGEST_AFTER_REFUSAL_S)
            return pause * random.uniform(1.0, 1.1)  # noqa: S311  # jitter
        pause, self._lost = self._lost, min(2 * self._lost, self._longest)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311  # jitter
