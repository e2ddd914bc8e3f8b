"""What limits and steps of escalation are for: kinds, rules, severities, places and hours."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Annotated, Protocol

from pydantic import Field

from gateway.model import Severity
from gateway.settings.context import PlaceBranch, RuleRef
from gateway.settings.daily_hours import Hours
from gateway.settings.section import Section
from gateway.settings.selection import SeverityWord
from gateway.settings.signal_kind import AnySignalKind

MOST = 100


class RaisedAlert(Protocol):
    """What an entry looks at of an alert."""

    @property
    def rule(self) -> str:
        """The rule that raised it."""

    @property
    def severity(self) -> Severity:
        """How severe it is."""

    @property
    def place(self) -> str:
        """Where it is."""


class WhereAndWhen(Section):
    """Which alerts an entry is for. Keys that are left out restrict nothing."""

    kinds: Annotated[
        tuple[AnySignalKind, ...], Field(max_length=MOST, description="kinds of signal, such as fire.alarm")
    ] = ()
    rules: Annotated[tuple[RuleRef, ...], Field(max_length=MOST, description="ids of rules.yaml")] = ()
    severities: Annotated[tuple[SeverityWord, ...], Field(max_length=4, description="of the alert")] = ()
    places: Annotated[
        tuple[PlaceBranch, ...], Field(max_length=MOST, description="places, each with all that is below it")
    ] = ()
    hours: Annotated[Hours | None, Field(description="hours of the day, such as 22:00-06:00")] = None

    def is_for(self, alert: RaisedAlert, kind: str, at: datetime, zone: tzinfo) -> bool:
        """Whether the entry is for an alert that was raised on an event of this kind."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.rules or alert.rule in self.rules)
            and self.is_at(alert.severity, alert.place, at, zone)
        )

    def is_at(self, severity: Severity, place: str, at: datetime, zone: tzinfo) -> bool:
        """As `is_for`, whatever the alert is about."""
        return (
            (not self.severities or severity in self.severities)
            and (not self.places or any(place == top or place.startswith(f"{top}/") for top in self.places))
            and (self.hours is None or self.hours.holds(at, zone))
        )
