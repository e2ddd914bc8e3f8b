"""What a decision depends on beside the register and the settings: who is inside, which door is open, what burns.

The policy only reads it. `AccessControl` changes it with each decision that it has made, and loads it from the record
at the start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.request import AccessRequest, PassCode
from gateway.access.rules import AccessRules
from gateway.model import Signal

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
    """Where a pass's code first opened a door, when, and which window of time it was of."""

    door: str
    window: int
    at: datetime


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

    def door_moved(self, signal: Signal) -> None:
        """Take in that a door was opened or closed."""
        if signal.kind in ("door.opened", "door.forced", "barrier.opened"):
            self.open_doors.add(signal.device)
        elif signal.kind in ("door.closed", "barrier.closed"):
            self.open_doors.discard(signal.device)

    def apply(
        self, request: AccessRequest, decision: AccessDecision, rules: AccessRules
    ) -> tuple[str | None, bool | None]:
        """Take in a decision that was made; returns the anti-passback zone that changed, and whether it was entered."""
        door = rules.doors.get(request.door)
        if door is None or decision.code is AccessCode.FIRE:
            return None, None
        if decision.code is AccessCode.SECOND_PERSON:
            self.waiting[door.device] = Waiting(decision.holder, request.at)
        if not decision.granted:
            return None, None
        self.waiting.pop(door.device, None)
        enters, leaves = rules.zones_of(door, request.reader)
        if decision.pass_id is not None:
            self._shown(request, decision.pass_id, leaves is not None)
        zone = enters or leaves
        if zone is None or decision.code is AccessCode.REMOTE:
            return None, None
        for each, inside in ((leaves, False), (enters, True)):
            if each is not None:
                self.whereabouts[each, decision.holder] = Whereabouts(inside, request.at)
        return zone, enters is not None

    def _shown(self, request: AccessRequest, pass_id: str, leaves: bool) -> None:
        if not leaves:
            self.uses[pass_id, request.door] += 1
        if isinstance(request.code, PassCode):
            before = self.shown.get(pass_id)
            if before is None or before.window != request.code.window:
                self.shown[pass_id] = PassShown(request.door, request.code.window, request.at)
