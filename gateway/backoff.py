"""Exponential back-off: the one place that computes how long to wait before the next attempt. No I/O."""

from __future__ import annotations

import random

NO_JITTER = (1.0, 1.0)


class ExponentialBackoff:
    """Delays that double from `first_s` to `max_s` seconds.

    Each delay is multiplied by a random factor between the two numbers of `jitter`, so that many clients which lost
    the same server do not all return at the same instant.
    """

    def __init__(self, first_s: float, max_s: float, jitter: tuple[float, float] = NO_JITTER) -> None:
        self._first_s, self._max_s, self._jitter = first_s, max_s, jitter
        self._next_s = first_s

    def next_delay(self, min_s: float = 0.0) -> float:
        """Seconds to wait now, at least `min_s` before jitter; the following delay is twice as long."""
        delay = max(self._next_s, min_s)
        self._next_s = min(2 * delay, self._max_s)
        return delay * random.uniform(*self._jitter)  # noqa: S311  # jitter is no secret

    def reset(self) -> None:
        """Start again with the first delay: the connection, task or device was well for a while."""
        self._next_s = self._first_s
