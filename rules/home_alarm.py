"""In-home alarms (户内报警), and fire, gas, water, panic, duress and medical wherever they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, WithJsonSchema

from gateway.model import Clear, Decisions, Event, Raise, Severity, Signal, Words
from gateway.rule import Rule
from gateway.settings.selection import Selection, SeverityOrOff, at_home, member_of


class Matter(NamedTuple):
    name: str
    severity: Severity
    zh: str
    en: str


MATTERS: dict[str, Matter] = {
    "zone.alarm": Matter("alarm", Severity.CRITICAL, "入侵报警", "Burglary alarm"),
    "zone.tampered": Matter("tamper", Severity.HIGH, "防拆报警", "Tamper alarm"),
    "zone.faulted": Matter("fault", Severity.MEDIUM, "探测器故障", "Detector fault"),
    "panic.pressed": Matter("panic", Severity.CRITICAL, "紧急求助", "Panic button"),
    "duress.entered": Matter("duress", Severity.CRITICAL, "胁迫报警", "Duress code"),
    "fire.alarm": Matter("fire", Severity.CRITICAL, "火灾报警", "Fire alarm"),
    "gas.alarm": Matter("gas", Severity.CRITICAL, "燃气泄漏报警", "Gas alarm"),
    "water.alarm": Matter("water", Severity.HIGH, "漏水报警", "Water leak"),
    "medical.alarm": Matter("medical", Severity.CRITICAL, "医疗求助", "Medical alarm"),
    "panel.battery_low": Matter("battery", Severity.LOW, "电池电量低", "Battery low"),
    "panel.mains_lost": Matter("mains", Severity.LOW, "市电断电", "Mains power lost"),
}
Kind = Annotated[str, AfterValidator(member_of(MATTERS)), WithJsonSchema({"enum": sorted(MATTERS)})]
ENDS = {
    "zone.restored": ("alarm", "tamper", "fault"),
    "panic.restored": ("panic",),
    "fire.restored": ("fire",),
    "gas.restored": ("gas",),
    "water.restored": ("water",),
    "medical.restored": ("medical",),
    "panel.battery_restored": ("battery",),
    "panel.mains_restored": ("mains",),
}
FROM = {"alarm": ("alarm",), "tamper": ("tamper",), "cover": ("tamper",), "fault": ("fault",), "bypass": ()}
"""What a zone.restored ends when it says so."""


class HomeAlarmSettings(Selection):
    severities: dict[Kind, SeverityOrOff] = Field(default_factory=dict, description="other than usual; off: nothing")


class HomeAlarm(Rule):
    Settings = HomeAlarmSettings
    KINDS = frozenset({*MATTERS, *ENDS})
    State = set[str]  # the keys that stand
    HORIZON = timedelta(minutes=5)  # it remembers nothing but what it holds open

    settings: HomeAlarmSettings

    def start(self, held: frozenset[str]) -> set[str]:
        return set(held)

    def on(self, state: set[str], event: Event) -> Decisions:
        return self._decide(event, state) if isinstance(event, Signal) and self.answers_for(event) else ()

    def answers_for(self, signal: Signal) -> bool:
        anywhere = not signal.kind.startswith(("zone.", "panel."))
        return super().answers_for(signal) and (anywhere or at_home(signal.device, self.compound))

    def _decide(self, signal: Signal, standing: set[str]) -> Decisions:
        if signal.kind in ENDS:
            return self._end(signal, standing)
        matter = MATTERS[signal.kind]
        severity = self.settings.severities.get(signal.kind, matter.severity)
        if severity is None:
            return ()
        where, key = self.compound.where(signal.device), f"{_subject(signal)}/{matter.name}"
        standing.add(key)
        reason = Words(f"{where.zh} {matter.zh}", f"{matter.en} at {where.en}")
        return [Raise(key, severity, self.compound.place_of(signal.device), reason, signal.device)]

    def _end(self, signal: Signal, standing: set[str]) -> Decisions:
        told = signal.data.get("from") if signal.kind == "zone.restored" else None
        names = FROM.get(told, ENDS[signal.kind]) if isinstance(told, str) else ENDS[signal.kind]
        keys = [key for key in (f"{_subject(signal)}/{name}" for name in names) if key in standing]
        standing.difference_update(keys)
        where = self.compound.where(signal.device)
        return [Clear(key, Words(f"{where.zh} 已恢复", f"{where.en} restored")) for key in keys]


def _subject(signal: Signal) -> str:
    """The detector: one panel of a home speaks for several, by number."""
    number = signal.data.get("zone")
    return signal.device if number is None else f"{signal.device}.{number}"


RULE = HomeAlarm
