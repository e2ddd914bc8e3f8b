"""How often somebody may try: a bucket each that fills with tries and leaks with time."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import timedelta

from gateway.errors import TooMany

_MOST_KEYS = 20_000
"""Buckets kept at once; the one unused longest goes first."""


class Throttle:
    """`most` at once, and one more every `within / most`. `clock` gives monotonic seconds."""

    def __init__(self, most: float, within: timedelta, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._rate = most / within.total_seconds()
        self._clock = clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable, amount: float = 1) -> None:
        """Count a try, or raise TooMany (and count nothing) when the bucket is full."""
        now = self._clock()
        level = self._level(key, now) + amount
        if level > self._most:
            raise TooMany("too many attempts", (level - self._most) / self._rate)
        self._put(key, level, now)

    def give_back(self, key: Hashable, amount: float = 1) -> None:
        """That try was none to be counted."""
        now = self._clock()
        self._put(key, max(0.0, self._level(key, now) - amount), now)

    def _level(self, key: Hashable, now: float) -> float:
        level, since = self._buckets.get(key, (0.0, now))
        return max(0.0, level - (now - since) * self._rate)

    def _put(self, key: Hashable, level: float, now: float) -> None:
        self._buckets[key] = (level, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)


def network(address: str) -> str:
    """Whom an address stands for: itself, or its /64 in IPv6, where one host owns them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)
