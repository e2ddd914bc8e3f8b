"""Raises an alert for alarms that no rule of rules.yaml handles: they are acknowledged, so a guard must see them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from gateway.model import ALARM_KINDS, Clear, Decisions, Event, Raise, Severity, Signal, Words
from gateway.rule import Compound, Rule, RuleSettings

NAME = "uncovered"
"""As it is in existing databases; no rule of rules.yaml may have this name."""
ENDS = {
    "zone.restored": ("zone.alarm", "zone.tampered"),
    "panic.restored": ("panic.pressed",),
    "fire.restored": ("fire.alarm",),
    "gas.restored": ("gas.alarm",),
    "water.restored": ("water.alarm",),
    "medical.restored": ("medical.alarm",),
    "door.closed": ("door.forced",),
}
_OF_PROPERTY = frozenset({"zone.tampered", "water.alarm", "door.forced"})


class UnhandledAlarms(Rule):
    """A rule of the gateway itself; `rules` are those of the installer."""

    KINDS = frozenset({*ALARM_KINDS, *ENDS})
    State = set[str]  # the keys of alarms that are not restored

    def __init__(self, rules: Sequence[Rule], compound: Compound) -> None:
        super().__init__(NAME, RuleSettings(), compound)
        self._rules = rules

    def start(self, held: frozenset[str]) -> set[str]:
        """Go on with the alerts that are open."""
        return set(held)

    def on(self, state: set[str], event: Event) -> Decisions:
        """Raise an alarm that no other rule handles, or clear it."""
        if not isinstance(event, Signal):
            return ()
        if event.kind in ENDS:
            return self._end(state, event)
        if not event.is_alarm or any(rule.answers_for(event) for rule in self._rules):
            return ()
        key, where, place = _key(event, event.kind), self.compound.where(event.device), event.data.get("place")
        if event.kind == "help.called" and isinstance(place, str):  # the gateway's own, about the door that was scanned
            key, where = f"{key}/{place}", self.compound.place_name(place)
        else:
            place = self.compound.place_of(event.device)
        state.add(key)
        reason = Words(
            f"{where.zh} 报警（{event.kind}）；rules.yaml 中没有规则处理它，请通知安装员",
            f"{where.en} reports {event.kind}; no rule of rules.yaml answers for it, tell the installer",
        )
        severity = Severity.HIGH if event.kind in _OF_PROPERTY else Severity.CRITICAL
        return [Raise(key, severity, place, reason, event.device)]

    def _end(self, state: set[str], event: Signal) -> Decisions:
        keys = [key for kind in ENDS[event.kind] if (key := _key(event, kind)) in state]
        state.difference_update(keys)
        where = self.compound.where(event.device)
        return [Clear(key, Words(f"{where.zh} 已恢复", f"{where.en} restored")) for key in keys]


def fingerprint(others: Sequence[str]) -> str:
    """Changes whenever the installer's rules do: what they handle decides what is left."""
    return hashlib.sha256("\n".join((NAME, *sorted(others))).encode()).hexdigest()


def _key(signal: Signal, kind: str) -> str:
    return f"{signal.device}/{kind}"
