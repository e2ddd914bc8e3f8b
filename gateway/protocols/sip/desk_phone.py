"""The desk phone: rings while a station calls, and gets the call if it answers first. No I/O here."""

from __future__ import annotations

from enum import Enum, auto

from gateway.protocols.sip.calls import DESK_PHONE, CallTable, StationCall


class DeskPhoneState(Enum):
    """The state of our own call to the desk phone."""

    IDLE = auto()
    RINGING = auto()
    TALKING = auto()
    ENDING = auto()
    """We hung up; the end is not confirmed yet."""


class DeskPhoneAction(Enum):
    """What the engine is to do."""

    DIAL = auto()
    HANG_UP = auto()


class DeskPhone:
    """Decides when to ring the desk phone and when to hang up; never, if there is none (`uri` is None)."""

    def __init__(self, uri: str | None) -> None:
        self.uri = uri
        self.state = DeskPhoneState.IDLE
        self._rang_for: set[str] = set()

    def next_action(self, calls: CallTable) -> DeskPhoneAction | None:
        """What to do now; the caller must do it. It rings once for a call, as it may have been declined there."""
        taken, unanswered = calls.taken, calls.unanswered
        if self.state is DeskPhoneState.IDLE:
            fresh = [call for call in unanswered if call.id not in self._rang_for]
            if self.uri is None or taken is not None or not fresh:
                return None
            # All that wait now: one ring stands for all of them.
            self._rang_for = {call.id for call in unanswered}
            self.state = DeskPhoneState.RINGING
            return DeskPhoneAction.DIAL
        if self.state is DeskPhoneState.RINGING:
            must_end = not unanswered or taken is not None
        else:
            must_end = taken is None or taken.endpoint != DESK_PHONE
        if self.state is DeskPhoneState.ENDING or not must_end:
            return None
        self.state = DeskPhoneState.ENDING
        return DeskPhoneAction.HANG_UP

    def answered(self, calls: CallTable) -> StationCall | None:
        """It was picked up. Returns the call that it gets; None if there is none left, then we hang up."""
        # We already hung up: the answer crossed with that.
        if self.state is not DeskPhoneState.RINGING:
            return None
        self.state = DeskPhoneState.TALKING
        if calls.taken is not None or not calls.unanswered:
            return None
        call = calls.unanswered[0]
        call.assign("", DESK_PHONE)
        return call

    def call_ended(self) -> None:
        """Our call to it has ended."""
        self.state = DeskPhoneState.IDLE
