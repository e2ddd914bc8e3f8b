"""Calls of door stations (对讲呼叫) that nobody answers: while they ring, and once they were missed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.model import Clear, Decisions, Event, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Rule
from gateway.settings.durations import PositiveDuration, max_duration
from gateway.settings.selection import Selection, SeverityOrOff


class IntercomSettings(Selection):
    unanswered: Annotated[SeverityOrOff, Field(description="a call that rings too long")] = Severity.MEDIUM
    after: Annotated[
        PositiveDuration, max_duration(timedelta(minutes=5)), Field(description="how long a call may ring")
    ] = timedelta(seconds=30)
    missed: Annotated[SeverityOrOff, Field(description="a visitor who gave up before")] = Severity.LOW


@dataclass(slots=True)
class Calls:
    """`standing`: stations whose alert is raised; `ringing`: station → the numbers of its calls that ring."""

    standing: set[str] = field(default_factory=set)
    ringing: dict[str, set[str]] = field(default_factory=dict)


class Intercom(Rule):
    """A station's alert is over once a call with it is answered, whoever made it."""

    Settings = IntercomSettings
    KINDS = frozenset({"call.started", "call.answered", "call.ended"})
    State = Calls

    settings: IntercomSettings

    def start(self, held: frozenset[str]) -> Calls:
        return Calls(standing=set(held))

    def on(self, state: Calls, event: Event) -> Decisions:
        if isinstance(event, Wake):
            rings = event.key in state.ringing
            return self._raise(event.key, self.settings.unanswered, state, WAITS) if rings else ()
        if isinstance(event, Signal) and self.settings.covers(event.device, self.compound):
            return self._on_signal(event, state)
        return ()

    def _on_signal(self, signal: Signal, state: Calls) -> Decisions:
        """A visitor's call goes on ringing while the guard's own to the same station fails."""
        station, call = signal.device, str(signal.data.get("call"))
        if signal.kind == "call.started":
            return self._started(signal, call, state) if signal.data.get("direction") == "in" else ()
        if signal.kind == "call.answered":
            state.ringing.pop(station, None)
            return [WakeAt(station, None), *self._clear(station, state)]
        calls = state.ringing.pop(station, set()) - {call}
        if calls:
            state.ringing[station] = calls
        forget = () if calls else (WakeAt(station, None),)
        missed = signal.data.get("why") == "missed" and station not in state.standing
        return [*forget, *(self._raise(station, self.settings.missed, state, MISSED) if missed else ())]

    def _started(self, signal: Signal, call: str, state: Calls) -> Decisions:
        station, rings_already = signal.device, signal.device in state.ringing
        state.ringing.setdefault(station, set()).add(call)
        return () if rings_already else [WakeAt(station, signal.time + self.settings.after)]

    def _raise(self, station: str, severity: Severity | None, state: Calls, matter: Words) -> Decisions:
        if severity is None or station in state.standing:
            return ()
        state.standing.add(station)
        where = self.compound.where(station)
        reason = Words(f"{where.zh} {matter.zh}", f"{matter.en} at {where.en}")
        return [Raise(station, severity, self.compound.place_of(station), reason, station)]

    def _clear(self, station: str, state: Calls) -> Decisions:
        if station not in state.standing:
            return ()
        state.standing.remove(station)
        where = self.compound.where(station)
        return [Clear(station, Words(f"{where.zh} 已通话", f"Talked with {where.en}"))]


WAITS = Words("对讲呼叫无人接听", "Nobody answers a call")
MISSED = Words("对讲未接来电", "Missed call")

RULE = Intercom
