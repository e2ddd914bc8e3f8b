"""Alerts that belong together, on one card (案情)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.model.alert import AlertState, Severity
from gateway.model.words import Words


class Relation(StrEnum):
    """Why an alert is part of an incident."""

    FIRST = "first"
    """It opened the incident."""
    PERSON = "person"
    VEHICLE = "vehicle"
    PLACE = "place"
    """The same place, or one directly below or above it."""
    HOUSEHOLD = "household"
    NEAR = "near"
    """A neighbouring place, by `near` in compound.yaml."""
    MERGED = "merged"
    """A person put it there."""


@dataclass(frozen=True, slots=True)
class Member:
    """An alert as part of an incident. `subjects` are the person or vehicle that raised it, such as `vehicle:苏M12345`.

    `kind` is that of the event it was raised on, such as `fire.alarm`; empty for a wake-up and where it is unknown.
    `place` and `severity` are the alert's; they are here so that an incident needs none of its closed alerts.
    """

    alert: str
    relation: Relation
    place: str
    severity: Severity
    subjects: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What a guard handles as one thing.

    `severity` is the highest of its alerts, closed ones included. `state` follows from its open alerts: new while any
    is new, on hold when all are, closed when none is open. `place` is that of `top`, the first of its most severe
    alerts. Times are rule time.
    """

    id: str
    members: tuple[Member, ...]
    severity: Severity
    state: AlertState
    place: str
    top: str
    why: Words
    opened_at: datetime
    last_at: datetime
    assignee: str | None = None
    drill: bool = False
    merged_into: str | None = None
    acknowledged_at: datetime | None = None
    """When nothing new was left for the last time; None while something is new."""
    arrived_at: datetime | None = None
    """When somebody was on the scene for the first time."""
    limit_at: datetime | None = None
    """By when people owe the next step: the acknowledgement, then the arrival."""
    escalation: int = 0
    """How many steps of the escalation chain were taken since its state changed."""
    escalate_at: datetime | None = None
    """When the next step of the chain is due."""
    held_until: datetime | None = None
    """When what is on hold rings again; set while any of its alerts is on hold."""
    remind_at: datetime | None = None
    """When it reminds people next, while it is in hand."""
    reminded_at: datetime | None = None
    """When it reminded them last."""
    remind_note: str = ""
    """Of what a guard wants to be reminded; empty for a reminder by the settings."""
    on_record: bool = True

    @property
    def alerts(self) -> tuple[str, ...]:
        """The ids of its alerts, in the order in which they joined."""
        return tuple(member.alert for member in self.members)
