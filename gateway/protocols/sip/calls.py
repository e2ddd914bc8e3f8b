"""The calls between stations and the guard room, and their states. No I/O here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model import new_id
from gateway.protocols.sip.settings import SipIdentity, Station


class CallState(StrEnum):
    """A call begins as RINGING or CALLING."""

    RINGING = "ringing"
    """A station calls."""
    CALLING = "calling"
    """The guard calls a station."""
    ANSWERED = "answered"
    ENDED = "ended"


BROWSER, DESK_PHONE, ANNOUNCEMENT = "browser", "desk_phone", "announcement"
LINE_LOST = "line_lost"


@dataclass(slots=True)
class StationCall:
    """One call. Times are seconds of the loop's clock.

    `sip_call_id` is the SIP Call-ID, chosen by the caller and empty until known; `id` is ours.
    `user` and `endpoint` tell who has answered it or is about to: a user in the browser, the desk phone, or a recorded
    text.
    `ended_by` is `guard`, `desk_phone`, `unattended`, `announced` or `line_lost`; empty if the station ended it.
    """

    station: Station
    sip_call_id: str
    state: CallState
    started_at: float
    incoming: bool = True
    id: str = field(default_factory=lambda: new_id("call"))
    user: str = ""
    endpoint: str = ""
    answered_at: float | None = None
    ended_by: str = ""
    end_reason: str = ""
    engine_status: str = ""
    """What the engine reported at its end: `486 Busy Here`."""
    remote_ringing: bool = False
    """The called station rings."""

    @property
    def is_taken(self) -> bool:
        """Whether it is connected to the guard room, or about to be."""
        return bool(self.endpoint)

    def assign(self, user: str, endpoint: str) -> None:
        """Reserve it for the one who answers it."""
        self.user, self.endpoint = user, endpoint

    def unassign(self) -> None:
        """It could not be answered; it continues to ring."""
        self.user = self.endpoint = ""

    def answered(self, now: float) -> None:
        """The engine has connected it."""
        self.state, self.answered_at = CallState.ANSWERED, now

    def ended(self, engine_status: str) -> None:
        """The engine has ended it; sets `end_reason`."""
        self.engine_status = engine_status
        # `declined` and `given_up` are for calls that were never answered.
        if self.ended_by == LINE_LOST or self.answered_at is not None:
            self.end_reason = self.ended_by or "station"
        elif self.incoming:
            self.end_reason = "declined" if self.ended_by else "missed"
        else:
            self.end_reason = "given_up" if self.ended_by else "not_answered"
        self.state = CallState.ENDED

    def seconds(self, now: float) -> float:
        """Since it was answered, or since it began to ring."""
        return round(now - (self.started_at if self.answered_at is None else self.answered_at), 1)


class CallTable:
    """The calls that have not ended, oldest first, as `active`."""

    def __init__(self, stations: Sequence[Station]) -> None:
        self._by_identity = {station.identity: station for station in stations}
        self.active: list[StationCall] = []

    def station_of(self, uri: str) -> Station | None:
        """The station with this SIP address; None for an unknown caller."""
        identity = SipIdentity.of(uri)
        return self._by_identity.get(identity) if identity else None

    def add(self, call: StationCall) -> StationCall:
        """Returns the call."""
        self.active.append(call)
        return call

    def remove(self, call: StationCall) -> None:
        """It has ended."""
        self.active.remove(call)

    def by_sip_call_id(self, sip_call_id: str, *, outgoing: bool = False) -> StationCall | None:
        """The call with that Call-ID. An outgoing call whose Call-ID is not known yet gets it by this."""
        for call in self.active:
            if call.sip_call_id == sip_call_id or (outgoing and not call.sip_call_id):
                call.sip_call_id = sip_call_id
                return call
        return None

    def find(self, call_id: str) -> StationCall | None:
        """By our own id."""
        return next((call for call in self.active if call.id == call_id), None)

    def latest(self, station: str, states: Collection[CallState]) -> StationCall | None:
        """The station's newest call in one of these states."""
        matching = [call for call in self.active if call.station.id == station and call.state in states]
        return matching[-1] if matching else None

    @property
    def taken(self) -> StationCall | None:
        """The call that the guard room has answered; there is one at most."""
        return next((call for call in self.active if call.is_taken), None)

    @property
    def unanswered(self) -> list[StationCall]:
        """Those that ring and that nobody is answering."""
        return [call for call in self.active if not call.is_taken]
