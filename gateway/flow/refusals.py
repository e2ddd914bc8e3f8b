"""When a device whose reports are refused counts as accepted again.

An accepted report ends it, though not at once: a panel whose every tenth report is refused must neither flicker on
the screens nor fill the journal. Each time it is refused again soon after, acceptance has to last longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.model import Said

FIRST_HOLD = timedelta(seconds=5)
"""Without a refusal, before an accepted report ends the state."""
LONGEST_HOLD = timedelta(minutes=5)
SOON = timedelta(minutes=10)
"""Refused again within this time of the last end: the hold doubles."""
SAY_AGAIN = timedelta(minutes=1)
"""A refusal for another reason is told no more often than this."""


@dataclass(slots=True)
class _Refusal:
    at: datetime
    why: Said
    said_at: datetime
    hold: timedelta
    accepted: bool = False
    ended: datetime | None = None


class Refusals:
    """Of one device and its parts, by id."""

    def __init__(self) -> None:
        self._of: dict[str, _Refusal] = {}

    def refused(self, device: str, why: Said, now: datetime) -> bool:
        """Note one; returns whether it has a new reason that is to be told, the state being known already."""
        known = self._of.get(device)
        if known is None or known.ended is not None:
            self._of[device] = _Refusal(now, why, now, _next_hold(known, now))
            return True
        known.at, known.accepted = now, False
        if why == known.why or now - known.said_at < SAY_AGAIN:
            return False
        known.why, known.said_at = why, now
        return True

    def accepted(self, device: str, now: datetime) -> bool:
        """Note an accepted report; returns whether it ends the state."""
        known = self._of.get(device)
        if known is None:
            return True
        known.accepted = True
        if now - known.at < known.hold:
            return False
        known.ended = now
        return True

    def settled(self, now: datetime) -> Iterator[str]:
        """Devices that were accepted, and not refused since for as long as it takes."""
        for device, known in self._of.items():
            if known.accepted and known.ended is None and now - known.at >= known.hold:
                yield device

    def clock_stepped(self, step: timedelta) -> None:
        """The clock of all `now` has jumped by so much."""
        for known in self._of.values():
            known.at += step
            known.said_at += step
            known.ended = known.ended and known.ended + step


def _next_hold(known: _Refusal | None, now: datetime) -> timedelta:
    if known is None or known.ended is None or now - known.ended > SOON:
        return FIRST_HOLD
    return min(2 * known.hold, LONGEST_HOLD)
