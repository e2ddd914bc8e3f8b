"""A ring buffer of numbered changes that every live socket reads at its own pace.

A socket only keeps the number of the last change it has sent. One that has fallen out of the ring gets a fresh
snapshot, so there is no queue per socket and a slow screen costs no memory. Numbers start at the wall clock's
microseconds, so they also grow across restarts, and stay within the integers that JavaScript counts exactly (2^53).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from gateway.flow.device_status import DeviceStatus
from gateway.model import Alert, Incident, Signal, SilencedSource

CAPACITY = 4096
"""Changes kept for sockets that lag or reconnect."""

Dropped = Mapping[str, int]
Subject = Alert | Incident | SilencedSource | DeviceStatus | Signal | Dropped


@dataclass(frozen=True, slots=True)
class Change:
    """`key` names the thing whose state it is: a later change of the same key replaces it. Empty for signals."""

    number: int
    key: str
    subject: Subject


class Hub:
    """Receives changes from the flow (its `ConsoleFeed`) and wakes the live sockets.

    For the event loop's thread only; no call blocks.
    """

    def __init__(self, start: int | None = None, capacity: int = CAPACITY) -> None:
        self.number = time.time_ns() // 1000 if start is None else start
        self.counts: Dropped = {"sightings": 0}
        self._ring: deque[Change] = deque()
        self._capacity = capacity
        self._latest: dict[str, int] = {}
        self._waiters: list[asyncio.Future[None]] = []

    def alert_changed(self, alert: Alert) -> None:
        """An alert is new or has a new state."""
        self._add(f"alert {alert.id}", alert)

    def incident_changed(self, incident: Incident) -> None:
        """An incident is new or has a new state."""
        self._add(f"incident {incident.id}", incident)

    def silence_changed(self, silence: SilencedSource) -> None:
        """A source is silenced, kept an alarm away, or is silenced no more."""
        self._add(f"silence {silence.id}", silence)

    def device_changed(self, status: DeviceStatus) -> None:
        """A device's health has changed."""
        self._add(f"device {status.device.id}", status)

    def signal_seen(self, signal: Signal) -> None:
        """A device has sent a signal."""
        self._add("", signal)

    def dropped(self, counts: Dropped) -> None:
        """`counts` are the totals since the start, by what was dropped."""
        self.counts = dict(counts)
        self._add("dropped", self.counts)

    def begin_anew(self) -> None:
        """The configuration has changed: clear the ring, so that every socket gets a fresh snapshot."""
        self._ring.clear()
        self._latest.clear()
        self.number += 1
        self._wake_waiters()

    def since(self, after: int, limit: int) -> list[Change] | None:
        """At most `limit` changes after that number. None when it is no longer in the ring, or not one of ours."""
        oldest = self.number - len(self._ring)
        if not oldest <= after <= self.number:
            return None
        return list(islice(self._ring, after - oldest, after - oldest + limit))

    def is_current(self, change: Change) -> bool:
        """Whether no later change has replaced it."""
        return not change.key or self._latest.get(change.key) == change.number

    async def changed(self, after: int) -> None:
        """Return once there is a change after that number."""
        while self.number == after:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                # Only a cancelled waiter is still in the list.
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    def _add(self, key: str, subject: Subject) -> None:
        self.number += 1
        self._ring.append(Change(self.number, key, subject))
        if key:
            self._latest[key] = self.number
        if len(self._ring) > self._capacity:
            self._forget(self._ring.popleft())
        self._wake_waiters()

    def _wake_waiters(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _forget(self, change: Change) -> None:
        if change.key and self._latest.get(change.key) == change.number:
            del self._latest[change.key]
