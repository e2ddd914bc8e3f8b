"""A camera's packet ring and those who take its packets beside the analysis: live views and recordings."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.rtp.access_unit import AccessUnit


class Subscriber(Protocol):
    """Called in the receiving thread: it may only store what it gets."""

    def put(self, unit: AccessUnit, at: float) -> None:
        """A unit, and when it came in seconds since 1970."""
        ...

    def end(self, why: str, code: str = "") -> None:
        """No more units come; `code` is `codec` when none ever will."""
        ...


class Subscribers:
    """One camera's. `add` is for the receiving thread, the rest for any."""

    def __init__(self, ring: PacketRing, clock: Callable[[], float] = time.time) -> None:
        self._ring = ring
        self._clock = clock
        self._lock = Lock()
        self._subscribers: tuple[Subscriber, ...] = ()
        self._newest: AccessUnit | None = None
        self._newest_at = 0.0
        self._end: tuple[str, str] | None = None

    def add(self, unit: AccessUnit) -> None:
        """Store a unit in the ring and give it to all subscribers."""
        with self._lock:
            self._ring.add(unit)
            self._newest, self._newest_at = unit, self._clock()
            for subscriber in self._subscribers:
                subscriber.put(unit, self._newest_at)

    def subscribe(self, subscriber: Subscriber, before_s: float | None = None) -> None:
        """Give it the ring's units from `before_s` seconds ago on (None: the newest keyframe), and all that come."""
        with self._lock:
            # A stream that was lost can still be recorded from the ring; one of an unsupported codec can't.
            if self._end is None or not self._end[1]:
                self._replay(subscriber, before_s)
            if self._end is None:
                self._subscribers += (subscriber,)
            else:
                subscriber.end(*self._end)

    def units(self, since: float = float("inf")) -> list[AccessUnit]:
        """From the last keyframe at or before `since` (the stream's time), or as far back as there is."""
        with self._lock:
            return self._ring.units(since)

    @property
    def has_any(self) -> bool:
        """Whether anybody takes its packets now."""
        return bool(self._subscribers)

    @property
    def newest_time(self) -> float | None:
        """The stream's time of the last unit; None before the first."""
        newest = self._newest
        return newest.time_s if newest else None

    def wall_time(self, time_s: float) -> float:
        """The stream's time in seconds since 1970, measured at the last unit that came."""
        with self._lock:
            return time_s + self._newest_at - self._newest.time_s if self._newest else self._clock()

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Give it nothing more."""
        with self._lock:
            self._subscribers = tuple(other for other in self._subscribers if other is not subscriber)

    def end(self, why: str, code: str = "") -> None:
        """End all subscribers, and those who come later."""
        with self._lock:
            subscribers, self._subscribers, self._end = self._subscribers, (), (why, code)
        for subscriber in subscribers:
            subscriber.end(why, code)

    def _replay(self, subscriber: Subscriber, before_s: float | None) -> None:
        if self._newest is None:
            return
        offset = self._newest_at - self._newest.time_s
        since = float("inf") if before_s is None else self._clock() - offset - before_s
        for unit in self._ring.units(since):
            subscriber.put(unit, offset + unit.time_s)
