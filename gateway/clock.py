"""Rule time: anchored once to the wall clock, then monotonic.

A wall clock that is set back must not reorder events, so `now()` follows the monotonic clock from one anchor. When the
two drift apart (NTP stepped the wall clock), the gateway re-anchors and records that in the journal.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(slots=True)
class Clock:
    """`wall` gives seconds since the epoch, `monotonic` seconds since an arbitrary start."""

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    _offset: float = field(init=False)

    def __post_init__(self) -> None:
        self._offset = self.wall() - self.monotonic()

    def now(self) -> datetime:
        """Rule time in UTC, timezone-aware; never goes back between two re-anchorings."""
        return datetime.fromtimestamp(self.monotonic() + self._offset, UTC)

    def drift(self) -> timedelta:
        """How far the wall clock is ahead of rule time."""
        return timedelta(seconds=self.wall() - self.monotonic() - self._offset)

    def reanchor(self) -> timedelta:
        """Set rule time to the wall clock; returns the step."""
        step = self.drift()
        self._offset += step.total_seconds()
        return step
