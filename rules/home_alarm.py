"""In-home alarms (户内报警), and fire, gas, water, panic, duress and medical wherever they are.

Burglary in homes that the gateway arms itself (`homes` of residents.yaml) is left to the gateway's own rule, which
knows whether they are armed. Everything else of those homes is decided here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, WithJsonSchema

from gateway.model import Clear, Decisions, Event, Raise, Severity, Signal, Words
from gateway.rule import Rule
from gateway.settings.selection import Selection, SeverityOrOff, at_home, member_of


class HomeCondition(NamedTuple):
    """What a kind of signal means: the last part of the alert's key, its usual severity, its words."""

    name: str
    severity: Severity
    zh: str
    en: str


CONDITIONS: dict[str, HomeCondition] = {
    "zone.alarm": HomeCondition("alarm", Severity.CRITICAL, "入侵报警", "Burglary alarm"),
    "zone.tampered": HomeCondition("tamper", Severity.HIGH, "防拆报警", "Tamper alarm"),
    "zone.faulted": HomeCondition("fault", Severity.MEDIUM, "探测器故障", "Detector fault"),
    "panic.pressed": HomeCondition("panic", Severity.CRITICAL, "紧急求助", "Panic button"),
    "duress.entered": HomeCondition("duress", Severity.CRITICAL, "胁迫报警", "Duress code"),
    "fire.alarm": HomeCondition("fire", Severity.CRITICAL, "火灾报警", "Fire alarm"),
    "gas.alarm": HomeCondition("gas", Severity.CRITICAL, "燃气泄漏报警", "Gas alarm"),
    "water.alarm": HomeCondition("water", Severity.HIGH, "漏水报警", "Water leak"),
    "medical.alarm": HomeCondition("medical", Severity.CRITICAL, "医疗求助", "Medical alarm"),
    "panel.battery_low": HomeCondition("battery", Severity.LOW, "电池电量低", "Battery low"),
    "panel.mains_lost": HomeCondition("mains", Severity.LOW, "市电断电", "Mains power lost"),
}
Kind = Annotated[str, AfterValidator(member_of(CONDITIONS)), WithJsonSchema({"enum": sorted(CONDITIONS)})]
RESTORES = {
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
"""Which alerts a zone.restored clears when its data says from what the zone is restored."""


class HomeAlarmSettings(Selection):
    """Severities by kind of signal."""

    severities: dict[Kind, SeverityOrOff] = Field(default_factory=dict, description="other than usual; off: nothing")


class HomeAlarm(Rule):
    """Raises an alert for each detector and condition until it is restored."""

    Settings = HomeAlarmSettings
    KINDS = frozenset({*CONDITIONS, *RESTORES})
    State = set[str]  # keys of alerts that are not restored
    HORIZON = timedelta(minutes=5)  # its state is no more than its open alerts

    settings: HomeAlarmSettings

    def start(self, held: frozenset[str]) -> set[str]:
        """Go on with the alerts that are open."""
        return set(held)

    def on(self, state: set[str], event: Event) -> Decisions:
        """Raise an alarm or a fault, or clear what is restored."""
        return self._decide(event, state) if isinstance(event, Signal) and self.answers_for(event) else ()

    def answers_for(self, signal: Signal) -> bool:
        """Fire, gas, panic and the like anywhere; zones and panels of homes only."""
        if self.compound.arms(signal):
            return False
        anywhere = not signal.kind.startswith(("zone.", "panel."))
        return super().answers_for(signal) and (anywhere or at_home(signal.device, self.compound))

    def _decide(self, signal: Signal, raised: set[str]) -> Decisions:
        if signal.kind in RESTORES:
            return self._restore(signal, raised)
        condition = CONDITIONS[signal.kind]
        severity = self.settings.severities.get(signal.kind, condition.severity)
        if severity is None:
            return ()
        where, key = self.compound.where(signal.device), f"{_subject(signal)}/{condition.name}"
        raised.add(key)
        reason = Words(f"{where.zh} {condition.zh}", f"{condition.en} at {where.en}")
        return [Raise(key, severity, self.compound.place_of(signal.device), reason, signal.device)]

    def _restore(self, signal: Signal, raised: set[str]) -> Decisions:
        restored_from = signal.data.get("from") if signal.kind == "zone.restored" else None
        names = RESTORES[signal.kind]
        if isinstance(restored_from, str):
            names = FROM.get(restored_from, names)
        keys = [key for key in (f"{_subject(signal)}/{name}" for name in names) if key in raised]
        raised.difference_update(keys)
        where = self.compound.where(signal.device)
        return [Clear(key, Words(f"{where.zh} 已恢复", f"{where.en} restored")) for key in keys]


def _subject(signal: Signal) -> str:
    """The detector: a device, or `DEVICE.ZONE` where one home panel reports for several."""
    number = signal.data.get("zone")
    return signal.device if number is None else f"{signal.device}.{number}"


RULE = HomeAlarm
