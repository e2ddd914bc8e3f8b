"""How long a cycle takes, and whether that is what the installer wanted."""

from __future__ import annotations

import structlog

log = structlog.get_logger(__name__)
SLOW_BEFORE_TOLD = 3
"""Cycles in a row; one that waited for a unit that has just died is no news."""


class Pace:
    """Times are seconds of one monotonic clock; `took` is None before the first cycle is over."""

    def __init__(self, device: str, cycle: float) -> None:
        self._device, self._cycle = device, cycle
        self._began = 0.0
        self._slow = 0
        self.took: float | None = None
        self.longest = 0.0
        self.count = 0

    @property
    def next_at(self) -> float:
        return self._began + self._cycle

    def begins(self, now: float) -> None:
        self._began = now

    def ends(self, now: float) -> None:
        first = self.took is None
        self.took = now - self._began
        self.longest = max(self.longest, self.took)
        self.count += 1
        if first:
            log.info("a line is asked", device=self._device, cycle_took_s=round(self.took, 3), cycle_s=self._cycle)
        self._compare(self.took)

    def _compare(self, took: float) -> None:
        if took <= self._cycle:
            if self._slow >= SLOW_BEFORE_TOLD:
                log.info("a line keeps its cycle again", device=self._device, cycle_took_s=round(took, 3))
            self._slow = 0
            return
        self._slow += 1
        if self._slow == SLOW_BEFORE_TOLD:
            log.warning(
                "a line is slower than its cycle: raise `cycle` or `baud`, or share its units among two lines",
                device=self._device,
                cycle_took_s=round(took, 3),
                cycle_s=self._cycle,
            )
