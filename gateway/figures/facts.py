"""What the calculations are made of: one fact an alert, and one a change of a device's state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.model import Disposition, Severity

WORTHLESS = frozenset({Disposition.NUISANCE, Disposition.FALSE})
JUDGED = frozenset({*WORTHLESS, Disposition.REAL})


@dataclass(frozen=True, slots=True)
class AlertFact:
    """One alert. `kind` is that of its first signal; empty when its signals are no longer kept."""

    id: str
    rule: str
    kind: str
    severity: Severity
    place: str
    device: str
    raised_at: datetime
    restored_at: datetime | None = None
    acknowledged_at: datetime | None = None
    on_scene_at: datetime | None = None
    closed_at: datetime | None = None
    disposition: Disposition | None = None
    incident: str = ""

    @property
    def is_worthless(self) -> bool:
        """Whether a guard closed it as a nuisance or as false."""
        return self.disposition in WORTHLESS

    @property
    def is_judged(self) -> bool:
        """Whether a guard said that it was real, or that it was not; tests and drills say nothing of the source."""
        return self.disposition in JUDGED

    def open_for(self, now: datetime) -> timedelta:
        """How long it was or has been open."""
        return (self.closed_at or now) - self.raised_at


@dataclass(frozen=True, slots=True)
class Silenced:
    """Silences that were in force in a period, how many of them by themselves (throttled), and what they kept away.

    Counted apart: what was silenced raised no alert. `kept_away` is of each silence as a whole.
    """

    silences: int = 0
    automatic: int = 0
    kept_away: int = 0


@dataclass(frozen=True, slots=True)
class HealthChange:
    """A device went away (`offline`, `silent`, `refused`) or came back (`online`)."""

    device: str
    state: str
    at: datetime
