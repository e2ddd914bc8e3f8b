"""A rate limit by key: a leaky bucket that fills with each use and drains at a fixed rate."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import timedelta
from typing import Self

from gateway.errors import TooMany

Clock = Callable[[], float]
_MAX_KEYS = 20_000
"""Buckets kept at once; the least recently used one is dropped first."""


class RateLimit:
    """Allows a burst of `burst`, and one more every `within / burst`, for each key separately."""

    def __init__(self, burst: float, within: timedelta, clock: Clock = time.monotonic) -> None:
        self._burst = burst
        self._drain_per_s = burst / within.total_seconds()
        self._clock = clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        """The level of each key's bucket, and when it had that level."""

    @classmethod
    def on_loop_clock(cls, burst: int = 5, interval_s: float = 10.0) -> Self:
        """Allows a burst, then one every `interval_s`, by the running event loop's clock."""
        return cls(burst, timedelta(seconds=burst * interval_s), lambda: asyncio.get_running_loop().time())

    def wait_for(self, key: Hashable, amount: float = 1) -> float:
        """Seconds until `amount` fits; 0 if it fits now. Counts nothing. More than `burst` never fits."""
        return max(0.0, self._level(key, self._clock()) + amount - self._burst) / self._drain_per_s

    def admits(self, key: Hashable = None, amount: float = 1) -> bool:
        """Count `amount` if it fits, and return whether it did."""
        if self.wait_for(key, amount) > 0:
            return False
        self.count(key, amount)
        return True

    def take(self, key: Hashable, amount: float = 1) -> None:
        """Count `amount`, or raise TooMany (and count nothing) when it does not fit."""
        if (wait := self.wait_for(key, amount)) > 0:
            raise TooMany("too many attempts", wait)
        self.count(key, amount)

    def count(self, key: Hashable, amount: float = 1) -> None:
        """Count `amount` whether it fits or not: what has happened can't be refused any more.

        The bucket fills to the brim and no further, so that the wait stays bounded.
        """
        now = self._clock()
        self._put(key, min(self._level(key, now) + amount, self._burst), now)

    def refund(self, key: Hashable, amount: float = 1) -> None:
        """Take back what was counted: the attempt turned out to be none of those that are limited."""
        now = self._clock()
        self._put(key, max(0.0, self._level(key, now) - amount), now)

    def _level(self, key: Hashable, now: float) -> float:
        # Drained when it is asked for, so there is no timer for each key.
        level, since = self._buckets.get(key, (0.0, now))
        return max(0.0, level - (now - since) * self._drain_per_s)

    def _put(self, key: Hashable, level: float, now: float) -> None:
        self._buckets[key] = (level, now)
        self._buckets.move_to_end(key)
        # Bounded, or an attacker who changes address or user name with every attempt fills the memory.
        if len(self._buckets) > _MAX_KEYS:
            self._buckets.popitem(last=False)
