"""Who takes a camera's packets beside its gates: live views and recordings, each from some keyframe on."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Protocol

from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.rtp.access_unit import AccessUnit


class Subscriber(Protocol):
    """Called in the thread that receives: it may only put away what it is given."""

    def take(self, unit: AccessUnit, at: float) -> None:
        """`at`: when it came, in seconds since 1970."""
        ...

    def end(self, why: str, code: str = "") -> None:
        """No more units come; `code` is `codec` when none ever will."""
        ...


class Subscribers:
    """One camera's. `add` belongs to the receiving thread, the rest to any."""

    def __init__(self, ring: PacketRing, wall: Callable[[], float] = time.time) -> None:
        self._ring = ring
        self._wall = wall
        self._lock = Lock()
        self._takers: tuple[Subscriber, ...] = ()
        self._newest: AccessUnit | None = None
        self._newest_at = 0.0
        self._over: tuple[str, str] | None = None

    def add(self, unit: AccessUnit) -> None:
        with self._lock:
            self._ring.add(unit)
            self._newest, self._newest_at = unit, self._wall()
            for taker in self._takers:
                taker.take(unit, self._newest_at)

    def join(self, taker: Subscriber, before_s: float | None = None) -> None:
        """Give it what the ring holds from so many seconds ago on (None: the newest keyframe), and all that comes."""
        with self._lock:
            if self._over is None or not self._over[1]:
                self._replay(taker, before_s)
            if self._over is None:
                self._takers += (taker,)
            else:
                taker.end(*self._over)

    def units(self, since: float = float("inf")) -> list[AccessUnit]:
        """From the last keyframe at or before `since` (the stream's time), or as far back as there is."""
        with self._lock:
            return self._ring.units(since)

    @property
    def watched(self) -> bool:
        """Whether anybody takes its packets now."""
        return bool(self._takers)

    @property
    def newest_time(self) -> float | None:
        """The stream's time of the last unit; None before the first."""
        newest = self._newest
        return newest.time_s if newest else None

    def wall(self, time_s: float) -> float:
        """The stream's time in seconds since 1970, as of the last unit that came."""
        with self._lock:
            return time_s + self._newest_at - self._newest.time_s if self._newest else self._wall()

    def leave(self, taker: Subscriber) -> None:
        with self._lock:
            self._takers = tuple(other for other in self._takers if other is not taker)

    def end(self, why: str, code: str = "") -> None:
        with self._lock:
            takers, self._takers, self._over = self._takers, (), (why, code)
        for taker in takers:
            taker.end(why, code)

    def _replay(self, taker: Subscriber, before_s: float | None) -> None:
        if self._newest is None:
            return
        behind = self._newest_at - self._newest.time_s
        since = float("inf") if before_s is None else self._wall() - behind - before_s
        for unit in self._ring.units(since):
            taker.take(unit, behind + unit.time_s)
