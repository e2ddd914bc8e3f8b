"""Calls of door stations (对讲呼叫) that nobody answers: while they ring, and once they were missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from gateway.model import Clear, Decisions, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Rule, Watch
from gateway.settings.durations import PositiveDuration, at_most
from gateway.settings.selection import Selection, SeverityOrOff


class IntercomSettings(Selection):
    unanswered: Annotated[SeverityOrOff, Field(description="a call that rings too long")] = Severity.MEDIUM
    after: Annotated[PositiveDuration, at_most(timedelta(minutes=5)), Field(description="how long a call may ring")] = (
        timedelta(seconds=30)
    )
    missed: Annotated[SeverityOrOff, Field(description="a visitor who gave up before")] = Severity.LOW


class Intercom(Rule):
    """A station's alert is over once a call with it is answered, whoever made it."""

    Settings = IntercomSettings
    KINDS = frozenset({"call.started", "call.answered", "call.ended"})

    settings: IntercomSettings

    def watch(self, held: frozenset[str]) -> Watch:
        standing, ringing = set(held), dict[str, set[object]]()
        decisions: Decisions = ()
        while True:
            event = yield decisions
            if isinstance(event, Wake):
                rings = bool(ringing.get(event.key))
                decisions = self._raise(event.key, self.settings.unanswered, standing, WAITS) if rings else ()
            elif self.settings.covers(event.device, self.compound):
                decisions = self._on_signal(event, standing, ringing)
            else:
                decisions = ()

    def _on_signal(self, signal: Signal, standing: set[str], ringing: dict[str, set[object]]) -> Decisions:
        """`ringing` holds each station's calls that ring: a visitor's goes on while the guard's own to it fails."""
        station, call = signal.device, signal.data.get("call")
        calls = ringing.setdefault(station, set())
        if signal.kind == "call.started":
            if signal.data.get("direction") != "in":
                return ()
            waits_already = bool(calls)
            calls.add(call)
            return () if waits_already else [WakeAt(station, signal.time + self.settings.after)]
        if signal.kind == "call.answered":
            calls.clear()
            return [WakeAt(station, None), *self._clear(station, standing)]
        calls.discard(call)
        forget = () if calls else (WakeAt(station, None),)
        missed = signal.data.get("why") == "missed" and station not in standing
        return [*forget, *(self._raise(station, self.settings.missed, standing, MISSED) if missed else ())]

    def _raise(self, station: str, severity: Severity | None, standing: set[str], matter: Words) -> Decisions:
        if severity is None or station in standing:
            return ()
        standing.add(station)
        where = self.compound.where(station)
        reason = Words(f"{where.zh} {matter.zh}", f"{matter.en} at {where.en}")
        return [Raise(station, severity, self.compound.place_of(station), reason, station)]

    def _clear(self, station: str, standing: set[str]) -> Decisions:
        if station not in standing:
            return ()
        standing.remove(station)
        where = self.compound.where(station)
        return [Clear(station, Words(f"{where.zh} 已通话", f"Talked with {where.en}"))]


WAITS = Words("对讲呼叫无人接听", "Nobody answers a call")
MISSED = Words("对讲未接来电", "Missed call")

RULE = Intercom
