"""Measures poll cycles and warns when they take longer than the configured cycle."""

from __future__ import annotations

import structlog

log = structlog.get_logger(__name__)
SLOW_CYCLES_BEFORE_WARNING = 3
"""In a row: a single slow cycle is normal, for example when a unit has just gone offline."""


class CycleTime:
    """Times are seconds of one monotonic clock; `last` is None before the first cycle has ended."""

    def __init__(self, device: str, cycle: float) -> None:
        self._device, self._cycle = device, cycle
        self._started_at = 0.0
        self._slow = 0
        self.last: float | None = None
        self.longest = 0.0
        self.count = 0

    @property
    def next_at(self) -> float:
        """When the next cycle is due."""
        return self._started_at + self._cycle

    def start(self, now: float) -> None:
        """A cycle starts."""
        self._started_at = now

    def end(self, now: float) -> None:
        """The cycle has ended: record its duration, and log the first one and changes between slow and on time."""
        first = self.last is None
        self.last = now - self._started_at
        self.longest = max(self.longest, self.last)
        self.count += 1
        if first:
            log.info("polling started", device=self._device, cycle_took_s=round(self.last, 3), cycle_s=self._cycle)
        self._compare(self.last)

    def _compare(self, took: float) -> None:
        if took <= self._cycle:
            if self._slow >= SLOW_CYCLES_BEFORE_WARNING:
                log.info("poll cycle is on time again", device=self._device, cycle_took_s=round(took, 3))
            self._slow = 0
            return
        self._slow += 1
        # Equal, not greater: one warning for a slow period.
        if self._slow == SLOW_CYCLES_BEFORE_WARNING:
            log.warning(
                "poll cycle takes longer than configured: raise `cycle` or `baud`, or move units to a second line",
                device=self._device,
                cycle_took_s=round(took, 3),
                cycle_s=self._cycle,
            )
