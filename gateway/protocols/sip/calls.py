"""Which calls there are between stations and the guard room, and how each stands. No I/O here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model import new_id
from gateway.protocols.sip.settings import Caller, Station


class Stand(StrEnum):
    RINGING = "ringing"
    """A station calls."""
    CALLING = "calling"
    """The guard calls a station."""
    ANSWERED = "answered"
    ENDED = "ended"


BROWSER, DESK_PHONE = "browser", "desk_phone"
WHY_LOST = "line_lost"


@dataclass(slots=True)
class StationCall:
    """One call. Times are seconds of the loop's clock.

    `engine_id` is the SIP Call-ID, its caller's choice and empty until we know it; `id` is ours.
    `by` and `on` are who has it, or is about to have it: a user in the browser, or the desk phone.
    `let_go` is whose side ended it: `guard`, `desk_phone` or `unattended`; else it was the station.
    """

    station: Station
    engine_id: str
    stand: Stand
    began: float
    incoming: bool = True
    id: str = field(default_factory=lambda: new_id("call"))
    by: str = ""
    on: str = ""
    answered_at: float | None = None
    let_go: str = ""
    why: str = ""
    said: str = ""
    """What the engine said as it ended: `486 Busy Here`."""
    rang: bool = False
    """The station that is called rings."""

    @property
    def taken(self) -> bool:
        """Whether it has, or is getting, the guard room's ear."""
        return bool(self.on)

    def take(self, by: str, on: str) -> None:
        self.by, self.on = by, on

    def release(self) -> None:
        """It could not be answered; it rings on."""
        self.by = self.on = ""

    def answered(self, now: float) -> None:
        self.stand, self.answered_at = Stand.ANSWERED, now

    def ended(self, said: str) -> None:
        """`why` says how: by whom it was ended, or why it never came to be; `said` is the engine's word."""
        self.said = said
        if self.let_go == WHY_LOST or self.answered_at is not None:
            self.why = self.let_go or "station"
        elif self.incoming:
            self.why = "declined" if self.let_go else "missed"
        else:
            self.why = "given_up" if self.let_go else "not_answered"
        self.stand = Stand.ENDED

    def seconds(self, now: float) -> float:
        """How long it was talked, or rang."""
        return round(now - (self.began if self.answered_at is None else self.answered_at), 1)


class CallRegister:
    """The calls that are not ended, oldest first."""

    def __init__(self, stations: Sequence[Station]) -> None:
        self._by_caller = {station.caller: station for station in stations}
        self.calls: list[StationCall] = []

    def caller(self, uri: str) -> Station | None:
        """The station that calls itself so, or None for a stranger."""
        caller = Caller.of(uri)
        return self._by_caller.get(caller) if caller else None

    def add(self, call: StationCall) -> StationCall:
        self.calls.append(call)
        return call

    def remove(self, call: StationCall) -> None:
        self.calls.remove(call)

    def by_engine(self, engine_id: str, *, outgoing: bool = False) -> StationCall | None:
        """The one with that Call-ID; what is told of a call that we are just making names its id."""
        for call in self.calls:
            if call.engine_id == engine_id or (outgoing and not call.engine_id):
                call.engine_id = engine_id
                return call
        return None

    def find(self, call_id: str) -> StationCall | None:
        return next((call for call in self.calls if call.id == call_id), None)

    def of(self, station: str, stands: Collection[Stand]) -> StationCall | None:
        """The station's newest call that stands so."""
        fitting = [call for call in self.calls if call.station.id == station and call.stand in stands]
        return fitting[-1] if fitting else None

    @property
    def taken(self) -> StationCall | None:
        """One at most: the guard room has one ear."""
        return next((call for call in self.calls if call.taken), None)

    @property
    def waiting(self) -> list[StationCall]:
        """Those that ring and that nobody is answering."""
        return [call for call in self.calls if not call.taken]
