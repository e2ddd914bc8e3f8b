"""Calls of door stations (对讲呼叫) that nobody answers: those that ring for too long, and missed ones."""

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
    """Severities, and how long a call may ring."""

    unanswered: Annotated[SeverityOrOff, Field(description="a call that rings too long")] = Severity.MEDIUM
    after: Annotated[
        PositiveDuration, max_duration(timedelta(minutes=5)), Field(description="how long a call may ring")
    ] = timedelta(seconds=30)
    missed: Annotated[SeverityOrOff, Field(description="a visitor who gave up before")] = Severity.LOW


@dataclass(slots=True)
class CallStates:
    """`raised`: stations whose alert is open; `ringing`: station → the ids of its calls that ring."""

    raised: set[str] = field(default_factory=set)
    ringing: dict[str, set[str]] = field(default_factory=dict)


class Intercom(Rule):
    """Raises one alert a station; it is restored once any call with the station is answered."""

    Settings = IntercomSettings
    KINDS = frozenset({"call.started", "call.answered", "call.ended"})
    State = CallStates
    VERSION = 2

    settings: IntercomSettings

    def start(self, held: frozenset[str]) -> CallStates:
        """Go on with the alerts that are open."""
        return CallStates(raised=set(held))

    def on(self, state: CallStates, event: Event) -> Decisions:
        """Follow the calls; raise when one rings too long or was missed."""
        if isinstance(event, Wake):
            rings = event.key in state.ringing
            return self._raise(event.key, self.settings.unanswered, state, UNANSWERED) if rings else ()
        if isinstance(event, Signal) and self.settings.covers(event.device, self.compound):
            return self._on_signal(event, state)
        return ()

    def _on_signal(self, signal: Signal, state: CallStates) -> Decisions:
        # A visitor's call may ring on while the guard's own call to the same station fails: calls are told apart by id.
        station, call = signal.device, str(signal.data.get("call"))
        if signal.kind == "call.started":
            return self._started(signal, call, state) if signal.data.get("direction") == "in" else ()
        if signal.kind == "call.answered":
            state.ringing.pop(station, None)
            return [WakeAt(station, None), *self._clear(station, state)]
        calls = state.ringing.pop(station, set()) - {call}
        if calls:
            state.ringing[station] = calls
        cancel = () if calls else (WakeAt(station, None),)
        missed = signal.data.get("why") == "missed" and station not in state.raised
        return [*cancel, *(self._raise(station, self.settings.missed, state, MISSED) if missed else ())]

    def _started(self, signal: Signal, call: str, state: CallStates) -> Decisions:
        station, rings_already = signal.device, signal.device in state.ringing
        state.ringing.setdefault(station, set()).add(call)
        return () if rings_already else [WakeAt(station, signal.time + self.settings.after)]

    def _raise(self, station: str, severity: Severity | None, state: CallStates, text: Words) -> Decisions:
        if severity is None or station in state.raised:
            return ()
        state.raised.add(station)
        where = self.compound.where(station)
        reason = Words(f"{where.zh} {text.zh}", f"{text.en} at {where.en}")
        return [Raise(station, severity, self.compound.place_of(station), reason, station)]

    def _clear(self, station: str, state: CallStates) -> Decisions:
        if station not in state.raised:
            return ()
        state.raised.remove(station)
        where = self.compound.where(station)
        return [Clear(station, Words(f"{where.zh} 已通话", f"Talked with {where.en}"))]


UNANSWERED = Words("对讲呼叫无人接听", "Nobody answers a call")
MISSED = Words("对讲未接来电", "Missed call")

RULE = Intercom
