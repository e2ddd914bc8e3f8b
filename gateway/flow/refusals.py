"""Devices whose reports are refused: since when, and which reason was reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.flow.flap_damping import Bounds, FlapDamping
from gateway.model import Text

BOUNDS = Bounds(free=0, hold=timedelta(seconds=3), longest=timedelta(minutes=5), soon=timedelta(minutes=10))
"""One refusal that is followed by an accepted report ends before the silence rule's grace does."""
REPORT_AGAIN = timedelta(minutes=1)
"""A refusal for another reason is reported no more often than this."""


class Refusals:
    """Of one device and its parts, by id. An accepted report ends a refusal, damped by `FlapDamping`."""

    def __init__(self) -> None:
        self._damping = FlapDamping(BOUNDS)
        self._reported: dict[str, tuple[Text, datetime]] = {}
        self.accepted = self._damping.recovered

    def refused(self, device: str, why: Text, now: datetime) -> bool:
        """Note a refusal; returns whether to report it: it is the first, or its reason is another one."""
        is_first = self._damping.lost(device, now)
        reported, at = self._reported.get(device, (why, now))
        if not is_first and (reported == why or now - at < REPORT_AGAIN):
            return False
        self._reported[device] = why, now
        return True

    def settled(self, now: datetime) -> Iterator[str]:
        """See `FlapDamping.settled`."""
        return self._damping.settled(now)

    def clock_stepped(self, step: timedelta) -> None:
        """The clock of all `now` has jumped by `step`."""
        self._damping.clock_stepped(step)
        self._reported = {device: (why, at + step) for device, (why, at) in self._reported.items()}
