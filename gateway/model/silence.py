"""A source whose alarms are not shown for a time, because a guard or the gateway said so (屏蔽)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.model.alert import Severity
from gateway.model.words import Words

LIFE_SAFETY_KINDS = frozenset(
    {"fire.alarm", "gas.alarm", "panic.pressed", "duress.entered", "medical.alarm", "help.called"}
)
"""What nothing may silence, throttle or hide: a person may die."""


LASTING_KINDS = ("zone.", "water.", "door.", "device.", "camera.", "panel.", "reader.", "barrier.")
"""Prefixes of the kinds of alarms that go on until they are restored; a sighting or a denied card has no end."""


@dataclass(frozen=True, slots=True)
class HeldAlarm:
    """An alarm that a silence keeps away and that goes on; it is raised when the silence ends first."""

    rule: str
    key: str
    severity: Severity
    place: str
    reason: Words
    device: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilencedSource:
    """`source` is a device's id, `rule:ID`, `place:PATH` (with all below it) or `RULE@DEVICE`.

    `kind` is the signal kind that is silenced; the first alarm of another kind there ends it. `count` is how many
    alerts it kept away; `holding` are the alarms among them that go on.
    """

    id: str
    source: str
    reason: str
    by: str
    begun_at: datetime
    until: datetime
    kind: str | None = None
    automatic: bool = False
    """The gateway throttled a source that raised too often."""
    count: int = 0
    last_at: datetime | None = None
    holding: tuple[HeldAlarm, ...] = ()
    restored_at: datetime | None = None
    """When an alarm that it kept away was restored for the last time."""
    ended_at: datetime | None = None
    ended_because: str | None = None
    """`until`, `lifted`, or the signal kind that ended it."""
