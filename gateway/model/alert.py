"""Situations that a guard must handle, and the steps that people take about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from gateway.model.json import Json
from gateway.model.words import Words

DRILL_STARTED = "drill.started"
"""The kind of the action that starts a drill; its data has the `kind` of signal that is played."""
DRILL_RULE = "drill"
"""The rule name of alerts that are drills; no rule of rules.yaml may have it."""


class Severity(IntEnum):
    """How severe an alert is. Comparable; written by its name outside."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """Its name as it is written outside: `critical`."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Severity:
        """The severity of that name. Raises KeyError."""
        return cls[word.upper()]


class AlertState(StrEnum):
    """How far people are with an alert; only people change it."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    ON_SCENE = "on_scene"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


class Disposition(StrEnum):
    """What an alert turned out to be, given when it is closed."""

    REAL = "real"
    FALSE = "false"
    NUISANCE = "nuisance"
    TEST = "test"
    DRILL = "drill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A situation that a guard must handle, as its decisions and steps have made it."""

    id: str
    rule: str
    key: str
    severity: Severity
    state: AlertState
    place: str
    device: str | None
    reason: Words
    raised_at: datetime
    last_at: datetime
    count: int = 1
    restored_at: datetime | None = None
    disposition: Disposition | None = None
    assignee: str | None = None
    snapshot: str | None = None
    incident: str = ""
    """The incident it is part of; empty for one that only the memory holds."""
    on_record: bool = True

    @property
    def drill(self) -> bool:
        """Whether a supervisor injected it for training (演练)."""
        return self.rule == DRILL_RULE


@dataclass(frozen=True, slots=True)
class Step:
    """What a person did about an alert, and when. Never changed afterwards."""

    alert: str
    action: str
    user: str
    at: datetime
    note: str = ""
    data: Json = field(default_factory=dict)
