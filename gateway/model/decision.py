"""What rules decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.model.alert import Severity
from gateway.model.json import Json
from gateway.model.words import Words


@dataclass(frozen=True, slots=True)
class Raise:
    """A guard must handle a situation. The same rule and key again folds into the open alert."""

    key: str
    severity: Severity
    place: str
    reason: Words
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Clear:
    """The situation is over. The alert is marked as restored and stays until a person closes it."""

    key: str
    reason: Words


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Wake the rule at `time` with `key`. The same key again moves the wake-up, a time of None cancels it."""

    key: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Perform:
    """Have a device carry out a command."""

    device: str
    action: str
    arguments: Json = field(default_factory=dict)
    limit: timedelta = timedelta(seconds=10)


Decision = Raise | Clear | WakeAt | Perform
Decisions = Sequence[Decision]
