"""Devices whose reports are refused: how long, and for which reason it was told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.flow.flap_damping import Bounds, FlapDamping
from gateway.model import Said

BOUNDS = Bounds(free=0, hold=timedelta(seconds=3), longest=timedelta(minutes=5), soon=timedelta(minutes=10))
"""One refusal that is followed by an accepted report is over before the silence rule's grace is."""
SAY_AGAIN = timedelta(minutes=1)
"""A refusal for another reason is told no more often than this."""


class Refusals:
    """Of one device and its parts, by id. An accepted report ends it, as `FlapDamping` has it."""

    def __init__(self) -> None:
        self._damping = FlapDamping(BOUNDS)
        self._told: dict[str, tuple[Said, datetime]] = {}
        self.accepted = self._damping.stands

    def refused(self, device: str, why: Said, now: datetime) -> bool:
        """Note one; returns whether it is to be told: it is the first, or has another reason than was told."""
        is_first = self._damping.fell(device, now)
        told, at = self._told.get(device, (why, now))
        if not is_first and (told == why or now - at < SAY_AGAIN):
            return False
        self._told[device] = why, now
        return True

    def settled(self, now: datetime) -> Iterator[str]:
        return self._damping.settled(now)

    def clock_stepped(self, step: timedelta) -> None:
        self._damping.clock_stepped(step)
        self._told = {device: (why, at + step) for device, (why, at) in self._told.items()}
