"""By when people owe the next step of an incident, and what happens when they don't take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from gateway.config.desk import DeskSettings, EscalationStep
from gateway.desk.limits.chain import Chain
from gateway.model import Alert, AlertState, Incident, Words

IN_HAND = frozenset({AlertState.ACKNOWLEDGED, AlertState.ON_SCENE, AlertState.ON_HOLD})


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """An incident before (None: it is new) and after a change at `at`, without its times yet.

    `alerts` are its open ones, `was_new` the ids of those that were new before.
    """

    before: Incident | None
    after: Incident
    alerts: Sequence[Alert]
    was_new: frozenset[str]
    at: datetime

    @property
    def same_state(self) -> Incident | None:
        """`before`, if the incident's state did not change."""
        return self.before if self.before is not None and self.before.state is self.after.state else None


@dataclass(frozen=True, slots=True)
class EscalationState:
    """What an incident's escalation means at the desk."""

    louder: bool = False
    every_desk: bool = False
    taken: Sequence[Words] = ()
    next: Words | None = None


class Limits:
    """The settings of desk.yaml for limits, hold, reminders and escalation, applied."""

    def __init__(self, settings: DeskSettings | None = None, zone: tzinfo = UTC) -> None:
        self.settings = settings or DeskSettings()
        self._chain = Chain(self.settings, zone)

    def scheduled(self, change: IncidentChange) -> Incident:
        """The incident after the change, with its times.

        A limit only ever becomes shorter while the incident stays in one state: another alert of it does not give
        people more time.
        """
        incident = change.after
        if incident.state is AlertState.CLOSED:
            return replace(incident, limit_at=None, escalate_at=None, held_until=None, remind_at=None, remind_note="")
        limit, same = self._limit_at(change), change.same_state
        level = same.escalation if same is not None and limit is not None else 0
        incident = replace(
            incident,
            limit_at=limit,
            escalation=level,
            acknowledged_at=_acknowledged_at(change),
            arrived_at=incident.arrived_at or (change.at if incident.state is AlertState.ON_SCENE else None),
            held_until=self._held_until(change),
            remind_at=incident.remind_at or self._next_reminder(incident, change.at),
        )
        return replace(incident, escalate_at=self._escalate_at(incident, change.alerts))

    def escalated(self, incident: Incident, alerts: Sequence[Alert]) -> tuple[Incident, EscalationStep | None]:
        """The incident after the next step of its chain; None when the settings have no such step any more."""
        steps = self._chain.steps(incident, alerts)
        if incident.escalation >= len(steps):
            return replace(incident, escalate_at=None), None
        taken = replace(incident, escalation=incident.escalation + 1)
        return replace(taken, escalate_at=self._escalate_at(taken, alerts)), steps[incident.escalation]

    def escalation(self, incident: Incident, alerts: Sequence[Alert]) -> EscalationState:
        """What was done so far, and what comes next."""
        steps = self._chain.steps(incident, alerts)
        taken = steps[: incident.escalation]
        coming = steps[incident.escalation] if incident.escalation < len(steps) and incident.escalate_at else None
        return EscalationState(
            louder=any(step.target is None for step in taken),
            every_desk=any(step.to == "every_desk" for step in taken),
            taken=[step.words for step in taken],
            next=coming.words if coming else None,
        )

    def owed(self, incident: Incident, alerts: Sequence[Alert]) -> tuple[timedelta, timedelta | None]:
        """How soon the incident wanted to be acknowledged, and that somebody is there; None: nobody had to go."""
        return self._chain.acknowledge_within(incident, alerts), self._chain.arrive_within(incident, alerts)

    def touched(self, incident: Incident, at: datetime) -> Incident:
        """Somebody did something about it: the automatic reminder waits its whole time again."""
        return incident if incident.remind_note else replace(incident, remind_at=self._next_reminder(incident, at))

    def reminded(self, incident: Incident, at: datetime) -> Incident:
        """The incident after a reminder came due."""
        done = replace(incident, reminded_at=at, remind_note="")
        return replace(done, remind_at=self._next_reminder(done, at))

    def _limit_at(self, change: IncidentChange) -> datetime | None:
        incident, same = change.after, change.same_state
        known = same.limit_at if same is not None else None
        if incident.state is AlertState.NEW:
            return self._acknowledge_by(change, known)
        if incident.state is not AlertState.ACKNOWLEDGED or incident.arrived_at is not None:
            return None
        within = self._chain.arrive_within(incident, change.alerts)
        if within is None:
            return None
        return min(known, change.at + within) if known else change.at + within

    def _acknowledge_by(self, change: IncidentChange, known: datetime | None) -> datetime:
        new = [alert for alert in change.alerts if alert.state is AlertState.NEW]
        due = change.at + self._chain.acknowledge_within(change.after, new)
        if known is None:
            return due
        if change.was_new <= {alert.id for alert in new}:
            return min(known, due)
        # The most urgent one may be acknowledged now: what is left has its own time, and never less than there was.
        own = (alert.raised_at + self._chain.acknowledge_within(change.after, [alert]) for alert in new)
        return max(known, min(own))

    def _escalate_at(self, incident: Incident, alerts: Sequence[Alert]) -> datetime | None:
        steps = self._chain.steps(incident, alerts)
        if incident.limit_at is None or incident.escalation >= len(steps):
            return None
        return incident.limit_at + steps[incident.escalation].after

    def _held_until(self, change: IncidentChange) -> datetime | None:
        if not any(alert.state is AlertState.ON_HOLD for alert in change.alerts):
            return None
        known = change.before.held_until if change.before is not None else None
        return known or change.at + self.settings.hold.default

    def _next_reminder(self, incident: Incident, at: datetime) -> datetime | None:
        every = self.settings.reminders.every
        in_hand = incident.state in {AlertState.ACKNOWLEDGED, AlertState.ON_SCENE}
        return at + every if in_hand and every is not None else None


def _acknowledged_at(change: IncidentChange) -> datetime | None:
    if change.after.state is AlertState.NEW:
        return None
    before = change.before
    known = before.acknowledged_at if before is not None and before.state is not AlertState.NEW else None
    return known or change.at


def moved(incident: Incident, step: timedelta) -> Incident:
    """The incident with its pending times moved along with the clock."""

    def along(time: datetime | None) -> datetime | None:
        return None if time is None else time + step

    return replace(
        incident,
        limit_at=along(incident.limit_at),
        escalate_at=along(incident.escalate_at),
        held_until=along(incident.held_until),
        remind_at=along(incident.remind_at),
    )
