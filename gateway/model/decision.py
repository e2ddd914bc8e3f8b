"""What rules decide, and the wake-ups they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.model.alert import Severity
from gateway.model.json import Json
from gateway.model.words import Words


@dataclass(frozen=True, slots=True)
class Wake:
    """A wake-up a rule asked for, come due. `time` is rule time; `number` its journal row.

    `because` is the number of the signal on which it was asked for.
    """

    rule: str
    key: str
    time: datetime
    number: int | None = None
    because: int | None = None


@dataclass(frozen=True, slots=True)
class Raise:
    """A situation is owed to a guard. The same rule and key again folds into the open alert."""

    key: str
    severity: Severity
    place: str
    reason: Words
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Clear:
    """The situation is over; the alert stays until a person closes it."""

    key: str
    reason: Words


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Wake me at `time` with `key`; asking again with the same key moves it, None forgets it."""

    key: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Perform:
    """Have a device do something."""

    device: str
    action: str
    arguments: Json = field(default_factory=dict)
    limit: timedelta = timedelta(seconds=10)


Decision = Raise | Clear | WakeAt | Perform
Decisions = Sequence[Decision]
