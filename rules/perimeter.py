"""Zones outside homes (周界防区): alarm, tamper and fault, each until it is restored.

Where a panel tells that it is disarmed (撤防), alarms of its zones are only logged, except
those of 24-hour zones, and those that say they count as armed (a panel that reports to a
receiver judges that itself). What nobody told counts as armed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field, WithJsonSchema

from gateway.model import Clear, Decisions, DeviceType, Event, Raise, Severity, Signal, Words
from gateway.rule import Rule
from gateway.settings.context import DeviceRef
from gateway.settings.selection import Selection, SeverityOrOff, at_home, member_of


class Matter(NamedTuple):
    name: str
    severity: Severity | None
    zh: str
    en: str


MATTERS: dict[str, Matter] = {
    "zone.alarm": Matter("alarm", Severity.HIGH, "防区报警", "Zone alarm"),
    "zone.tampered": Matter("tamper", Severity.HIGH, "防拆报警", "Tamper alarm"),
    "zone.faulted": Matter("fault", Severity.MEDIUM, "防区故障", "Zone fault"),
    "panel.battery_low": Matter("battery", Severity.LOW, "备用电池电量低", "Backup battery low"),
    "panel.mains_lost": Matter("mains", Severity.MEDIUM, "市电断电", "Mains power lost"),
    "motion.started": Matter("motion", None, "有人员活动", "Movement"),
}
Kind = Annotated[str, AfterValidator(member_of(MATTERS)), WithJsonSchema({"enum": sorted(MATTERS)})]
ENDS = {
    "zone.restored": ("alarm", "tamper", "fault"),
    "panel.battery_restored": ("battery",),
    "panel.mains_restored": ("mains",),
    "motion.ended": ("motion",),
}
FROM = {"alarm": ("alarm",), "tamper": ("tamper",), "cover": ("tamper",), "fault": ("fault",), "bypass": ()}
"""What a zone.restored ends when it says so."""


class PerimeterSettings(Selection):
    severities: dict[Kind, SeverityOrOff] = Field(default_factory=dict, description="other than usual; off: nothing")
    arming: Annotated[Literal["respected", "ignored"], Field(description="whether disarming quietens alarms")] = (
        "respected"
    )
    always: Annotated[tuple[DeviceRef, ...], Field(description="24-hour zones (24小时防区), armed or not")] = ()


@dataclass(slots=True)
class Zones:
    """`standing`: the keys raised; `armed`: panel → area → whether it is armed, as it told."""

    standing: set[str] = field(default_factory=set)
    armed: dict[str, dict[str, bool]] = field(default_factory=dict)


class Perimeter(Rule):
    Settings = PerimeterSettings
    KINDS = frozenset({*MATTERS, *ENDS, "area.armed", "area.disarmed"})
    State = Zones
    HORIZON = timedelta(hours=48)  # a night's arming and the day before it

    settings: PerimeterSettings

    def kinds(self, held: frozenset[str]) -> frozenset[str]:
        """Without what is off, such as every camera's motion, unless an alert of it is still to be ended."""
        heard = {matter.name for kind, matter in MATTERS.items() if self._severity(kind) is not None}
        heard |= {key.rpartition("/")[2] for key in held}
        off = {kind for kind, matter in MATTERS.items() if matter.name not in heard}
        return self.KINDS - off - {kind for kind, names in ENDS.items() if heard.isdisjoint(names)}

    def start(self, held: frozenset[str]) -> Zones:
        return Zones(standing=set(held))

    def on(self, state: Zones, event: Event) -> Decisions:
        if not isinstance(event, Signal):
            return ()
        if event.kind in {"area.armed", "area.disarmed"}:
            areas = state.armed.setdefault(self._panel(event.device), {})
            areas[str(event.data.get("area"))] = event.kind == "area.armed"
            return ()
        if not self.answers_for(event):
            return ()
        if event.kind in ENDS:
            return self._end(event, state.standing)
        if event.kind == "zone.alarm" and self._is_disarmed(event, state.armed):
            return ()
        return self._raise(event, state.standing)

    def answers_for(self, signal: Signal) -> bool:
        return super().answers_for(signal) and not at_home(signal.device, self.compound)

    def _severity(self, kind: str) -> Severity | None:
        return self.settings.severities.get(kind, MATTERS[kind].severity)

    def _raise(self, signal: Signal, standing: set[str]) -> Decisions:
        matter = MATTERS[signal.kind]
        severity = self._severity(signal.kind)
        if severity is None:
            return ()
        where, key = self._where(signal), f"{self._subject(signal)}/{matter.name}"
        standing.add(key)
        reason = Words(f"{where.zh} {matter.zh}", f"{matter.en} at {where.en}")
        return [Raise(key, severity, self.compound.place_of(signal.device), reason, signal.device)]

    def _end(self, signal: Signal, standing: set[str]) -> Decisions:
        told = signal.data.get("from") if signal.kind == "zone.restored" else None
        names = FROM.get(told, ENDS[signal.kind]) if isinstance(told, str) else ENDS[signal.kind]
        keys = [key for key in (f"{self._subject(signal)}/{name}" for name in names) if key in standing]
        standing.difference_update(keys)
        where = self._where(signal)
        return [Clear(key, Words(f"{where.zh} 已恢复", f"{where.en} restored")) for key in keys]

    def _is_disarmed(self, signal: Signal, armed: dict[str, dict[str, bool]]) -> bool:
        if self.settings.arming == "ignored" or signal.device in self.settings.always or signal.data.get("armed"):
            return False
        areas = armed.get(self._panel(signal.device), {})
        told = areas.get(str(signal.data.get("area")))
        return not told if told is not None else bool(areas) and not any(areas.values())

    def _panel(self, device_id: str) -> str:
        device = self.compound.devices.get(device_id)
        return (device.part_of if device else None) or device_id

    def _subject(self, signal: Signal) -> str:
        """The zone: a device of its own, or a number on its panel that the YAML does not name."""
        device = self.compound.devices.get(signal.device)
        if "zone" not in signal.data or (device and device.part_of and device.type is not DeviceType.PANEL):
            return signal.device
        return f"{signal.device}.{signal.data['zone']}"

    def _where(self, signal: Signal) -> Words:
        where = self.compound.where(signal.device)
        _, _, number = self._subject(signal).partition(".")
        return Words(f"{where.zh} {number}号防区", f"{where.en} zone {number}") if number else where


RULE = Perimeter
