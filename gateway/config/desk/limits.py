"""The sections `limits`, `hold` and `reminders` of desk.yaml: how soon people owe the next step."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Annotated

from pydantic import Field, model_validator

from gateway.config.desk.where_and_when import RaisedAlert, WhereAndWhen
from gateway.model import Severity
from gateway.settings.durations import PositiveDuration, max_duration, parse_duration
from gateway.settings.mend import Wrong
from gateway.settings.section import Section
from gateway.settings.signal_kind import AnySignalKind

_DAY = max_duration(timedelta(days=1))
Acknowledge = Annotated[PositiveDuration, _DAY, Field(description="from the alarm to its acknowledgement")]
Arrive = Annotated[
    Annotated[PositiveDuration, _DAY] | None,
    Field(description="from the acknowledgement until somebody is on the scene; left out or null: nobody has to go"),
]


class Limit(Section):
    """How soon people owe the next step."""

    acknowledge: Acknowledge = parse_duration("90s")
    arrive: Arrive = None


class LimitException(WhereAndWhen):
    """Other limits for some alerts; a key that is left out leaves the limit as it is."""

    acknowledge: Annotated[Annotated[PositiveDuration, _DAY] | None, Field(description="as above")] = None
    arrive: Annotated[Annotated[PositiveDuration, _DAY] | None, Field(description="as above")] = None

    @model_validator(mode="after")
    def _says_something(self) -> LimitException:
        if self.acknowledge is None and self.arrive is None:
            raise Wrong("this exception changes no limit", "give it 'acknowledge' or 'arrive'")
        return self


def _limit(acknowledge: str, arrive: str | None = None) -> Limit:
    return Limit(acknowledge=parse_duration(acknowledge), arrive=parse_duration(arrive) if arrive else None)


class LimitSection(Section):
    """Limits by severity (EN 50518: 30 s for fire and hold-up, 90 s for others)."""

    critical: Limit = _limit("90s", "5m")
    high: Limit = _limit("90s", "10m")
    medium: Limit = _limit("90s", "30m")
    low: Limit = _limit("90s")
    urgent: Annotated[Limit, Field(description="of the kinds below, whatever their severity")] = _limit("30s", "3m")
    urgent_kinds: Annotated[
        tuple[AnySignalKind, ...], Field(max_length=100, description="fire, hold-up and duress")
    ] = ("fire.alarm", "panic.pressed", "duress.entered")
    exceptions: Annotated[
        tuple[LimitException, ...], Field(max_length=100, description="the first that is for an alert holds")
    ] = ()

    def of(self, alert: RaisedAlert, kind: str, raised_at: datetime, zone: tzinfo) -> Limit:
        """The limit of an alert that was raised on an event of this kind."""
        limit = self.urgent if kind in self.urgent_kinds else self.of_severity(alert.severity)
        fitting = (each for each in self.exceptions if each.is_for(alert, kind, raised_at, zone))
        other = next(fitting, None)
        if other is None:
            return limit
        return Limit(acknowledge=other.acknowledge or limit.acknowledge, arrive=other.arrive or limit.arrive)

    def of_severity(self, severity: Severity) -> Limit:
        """The limit without a look at kind, place and hour."""
        return {
            Severity.CRITICAL: self.critical,
            Severity.HIGH: self.high,
            Severity.MEDIUM: self.medium,
            Severity.LOW: self.low,
        }[severity]


class HoldSection(Section):
    """On hold (挂起) has an end: then it rings again."""

    default: Annotated[PositiveDuration, Field(description="when the guard names no time")] = parse_duration("30m")
    longest: Annotated[
        PositiveDuration, max_duration(timedelta(days=7)), Field(description="the furthest end that a guard may name")
    ] = parse_duration("12h")

    @model_validator(mode="after")
    def _in_order(self) -> HoldSection:
        if self.default > self.longest:
            raise Wrong("'default' is longer than 'longest'", "make it shorter")
        return self


class ReminderSection(Section):
    """An incident that is in hand and that nobody does anything about reminds the desk."""

    every: Annotated[
        Annotated[PositiveDuration, _DAY] | None,
        Field(description="after this time without a step on it; null: only when a guard asks for it"),
    ] = parse_duration("30m")
