"""What changed, numbered, in one ring that every live socket reads at its own pace.

A socket is a number: it asks for what came after it. One that fell out of the ring gets a
fresh snapshot, so nobody has a queue of their own and nobody slow costs memory. Numbers
begin at the wall clock's microseconds, so that they grow across restarts too, and stay
within what JavaScript counts exactly (2^53).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from gateway.flow.device_status import DeviceStatus
from gateway.model import Alert, Signal

ROOM = 4096
"""Changes kept for sockets that lag or come back."""

Dropped = Mapping[str, int]
Subject = Alert | DeviceStatus | Signal | Dropped


@dataclass(frozen=True, slots=True)
class Change:
    """`key` names what it is the state of: a later change of the same key makes it void. Empty for signals."""

    number: int
    key: str
    subject: Subject


class Hub:
    """Implements the flow's `ConsoleFeed`. For the loop's thread alone; each call returns at once."""

    def __init__(self, start: int | None = None, room: int = ROOM) -> None:
        self.number = time.time_ns() // 1000 if start is None else start
        self.sockets = 0
        self.counts: Dropped = {"sightings": 0}
        self._ring: deque[Change] = deque()
        self._room = room
        self._latest: dict[str, int] = {}
        self._waiting: list[asyncio.Future[None]] = []

    def alert_changed(self, alert: Alert) -> None:
        self._add(f"alert {alert.id}", alert)

    def device_changed(self, status: DeviceStatus) -> None:
        self._add(f"device {status.device.id}", status)

    def signal_seen(self, signal: Signal) -> None:
        self._add("", signal)

    def dropped(self, counts: Dropped) -> None:
        """`counts` in all since the start, by what was dropped."""
        self.counts = dict(counts)
        self._add("dropped", self.counts)

    def begin_anew(self) -> None:
        """What there is has changed, not only how it is: everybody gets a fresh snapshot."""
        self._ring.clear()
        self._latest.clear()
        self.number += 1
        self._tell()

    def since(self, after: int, most: int) -> list[Change] | None:
        """At most `most` changes after that number; None when it is too old, or none of ours."""
        oldest = self.number - len(self._ring)
        if not oldest <= after <= self.number:
            return None
        return list(islice(self._ring, after - oldest, after - oldest + most))

    def stands(self, change: Change) -> bool:
        """Whether no later change has made it void."""
        return not change.key or self._latest.get(change.key) == change.number

    async def changed(self, after: int) -> None:
        """Return once there is a change after that number."""
        while self.number == after:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            try:
                await waiting
            finally:
                if waiting in self._waiting:
                    self._waiting.remove(waiting)

    def _add(self, key: str, subject: Subject) -> None:
        self.number += 1
        self._ring.append(Change(self.number, key, subject))
        if key:
            self._latest[key] = self.number
        if len(self._ring) > self._room:
            self._forget(self._ring.popleft())
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _forget(self, change: Change) -> None:
        if change.key and self._latest.get(change.key) == change.number:
            del self._latest[change.key]
