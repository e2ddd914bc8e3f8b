"""What is answered at a door, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gateway.model import Words


class AccessCode(StrEnum):
    """The reason of a decision, for programs; `AccessDecision.reason` says it in words."""

    OK = "ok"
    REMOTE = "remote"
    FIRE = "fire"
    PASSBACK_NOTED = "passback_noted"
    """Let through although the person is inside already: the zone's mode is soft."""
    CONTROLLER = "controller"
    """A controller let somebody in by its own list, and has reported it."""

    NO_DOOR = "no_door"
    KIND_NOT_TAKEN = "kind_not_taken"
    UNKNOWN = "unknown"
    BARRED = "barred"
    NOT_BEGUN = "not_begun"
    ENDED = "ended"
    MOVED_OUT = "moved_out"
    NOT_HERE = "not_here"
    NOT_NOW = "not_now"
    REVOKED = "revoked"
    USED_UP = "used_up"
    CODE_FORGED = "code_forged"
    CODE_STALE = "code_stale"
    CODE_COPIED = "code_copied"
    """The same code of a pass at two doors: a screenshot that was forwarded."""
    PASSBACK = "passback"
    INTERLOCK = "interlock"
    ARMED = "armed"
    SECOND_PERSON = "second_person"
    """The first of two people: the door opens for the second."""
    LATE = "late"
    """The reader's message is old: who presented it has gone on, and the door must not open now."""
    TOO_MANY = "too_many"
    """So many wrong PINs at this keypad that it takes none for a while."""
    CONTROLLER_REFUSED = "controller_refused"
    CUT_OFF = "cut_off"
    """The gateway stopped between credential and decision; nothing was opened."""


GRANTED = frozenset(
    {AccessCode.OK, AccessCode.REMOTE, AccessCode.FIRE, AccessCode.PASSBACK_NOTED, AccessCode.CONTROLLER}
)


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """Granted or denied, with the reason.

    `person` is the id in the register of whoever the credential belongs to, `place` the room it is for, `pass_id` the
    pass. `holder` names whoever passes, person or not: anti-passback and two-person doors count by it. `floors` may be
    chosen in a lift. `entry_delay`: the alarm behind the door is armed, and must be disarmed within this time.
    """

    code: AccessCode
    reason: Words
    person: str | None = None
    place: str | None = None
    pass_id: str | None = None
    holder: str = ""
    floors: tuple[int, ...] = ()
    entry_delay: timedelta | None = None

    @property
    def granted(self) -> bool:
        """Whether the door opens."""
        return self.code in GRANTED
