"""What is to be recorded: one camera, from when to when, for which alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

MAX_ALERTS = 1000
"""Alerts that share one recording."""


@dataclass(slots=True, eq=False)
class RecordingJob:
    """One recording. Alerts that follow closely move `end` on, at most to `max_end`.

    `stopped` means that no more packets are written: the recording takes no further alerts.
    """

    camera: str
    start: datetime
    end: datetime
    max_end: datetime
    alerts: list[str]
    stopped: bool = False

    def can_include(self, camera: str, end: datetime) -> bool:
        """Whether an alert of `camera` can share this recording up to `end`."""
        fits = end <= self.max_end and len(self.alerts) < MAX_ALERTS
        return camera == self.camera and not self.stopped and fits

    def include(self, alert: str, end: datetime) -> None:
        """Record for this alert too, up to `end`."""
        if alert not in self.alerts:
            self.alerts.append(alert)
        self.end = max(self.end, end)
