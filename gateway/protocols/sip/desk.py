"""The desk phone: rings while a station does, and has the call if it is lifted first. No I/O here."""

from __future__ import annotations

from enum import Enum, auto

from gateway.protocols.sip.calls import DESK_PHONE, CallRegister, StationCall


class Phase(Enum):
    IDLE = auto()
    RINGING = auto()
    TALKING = auto()
    LEAVING = auto()
    """Told to end; its end is not confirmed yet."""


class Wish(Enum):
    DIAL = auto()
    DROP = auto()


class Desk:
    """`wish` is what is to be done about it now; nothing for a room without one (`uri` is None)."""

    def __init__(self, uri: str | None) -> None:
        self.uri = uri
        self.phase = Phase.IDLE
        self._rang_for: set[str] = set()

    def wish(self, board: CallRegister) -> Wish | None:
        """What to do; taken for done. A call it did not take is not rung again: it may have been declined there."""
        taken, waiting = board.taken, board.waiting
        if self.phase is Phase.IDLE:
            news = [call for call in waiting if call.id not in self._rang_for]
            if self.uri is None or taken is not None or not news:
                return None
            self._rang_for = {call.id for call in waiting}
            self.phase = Phase.RINGING
            return Wish.DIAL
        ours = taken is not None and taken.on == DESK_PHONE
        unwanted = not waiting or taken is not None if self.phase is Phase.RINGING else not ours
        if self.phase is Phase.LEAVING or not unwanted:
            return None
        self.phase = Phase.LEAVING
        return Wish.DROP

    def lifted(self, board: CallRegister) -> StationCall | None:
        """The call that it gets, or None: then it is to be dropped again."""
        if self.phase is not Phase.RINGING:
            return None
        self.phase = Phase.TALKING
        if board.taken is not None or not board.waiting:
            return None
        call = board.waiting[0]
        call.take("", DESK_PHONE)
        return call

    def closed(self) -> None:
        self.phase = Phase.IDLE
