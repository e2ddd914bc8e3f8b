"""What a decision depends on beside the register and the settings: who is inside, which door is open, what burns.

The policy only reads it. `AccessControl` changes it with each decision that it has made, and loads it from the record
at the start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

UNKNOWN_ALARM = "unknown"
DISARMED = "disarmed"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Whether somebody is inside a zone, and since when that is known."""

    inside: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """The first of two people at a door."""

    holder: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PassShown:
    """Where a pass's code was last shown, and which window of time it was of."""

    door: str
    window: int


def no_alarm_known(_place: str) -> str:
    """Without in-home areas."""
    return UNKNOWN_ALARM


@dataclass(slots=True)
class AccessState:
    """See the module. `alarm_of(place)` is `away`, `home`, `night`, `disarmed` or `unknown`."""

    whereabouts: dict[tuple[str, str], Whereabouts] = field(default_factory=dict)
    """By zone and holder."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    """By door."""
    uses: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of passes, by pass and door."""
    shown: dict[str, PassShown] = field(default_factory=dict)
    """By pass."""
    open_doors: set[str] = field(default_factory=set)
    burning: dict[str, str] = field(default_factory=dict)
    """Places with a fire, by the device that reported it."""
    alarm_of: Callable[[str], str] = no_alarm_known
