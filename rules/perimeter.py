"""Zones outside homes (周界防区): alarm, tamper and fault, each until it is restored.

While a panel reports that it is disarmed (撤防), alarms of its zones raise nothing and stay in the journal. Exceptions
are 24-hour zones, and alarms whose data says `armed` (a panel that reports to a receiver decides that itself). An area
whose state is unknown counts as armed.
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


class PerimeterCondition(NamedTuple):
    """What a kind of signal means: the last part of the alert's key, its usual severity (None: off), its words."""

    name: str
    severity: Severity | None
    zh: str
    en: str


CONDITIONS: dict[str, PerimeterCondition] = {
    "zone.alarm": PerimeterCondition("alarm", Severity.HIGH, "防区报警", "Zone alarm"),
    "zone.tampered": PerimeterCondition("tamper", Severity.HIGH, "防拆报警", "Tamper alarm"),
    "zone.faulted": PerimeterCondition("fault", Severity.MEDIUM, "防区故障", "Zone fault"),
    "panel.battery_low": PerimeterCondition("battery", Severity.LOW, "备用电池电量低", "Backup battery low"),
    "panel.mains_lost": PerimeterCondition("mains", Severity.MEDIUM, "市电断电", "Mains power lost"),
    "motion.started": PerimeterCondition("motion", None, "有人员活动", "Movement"),
}
Kind = Annotated[str, AfterValidator(member_of(CONDITIONS)), WithJsonSchema({"enum": sorted(CONDITIONS)})]
RESTORES = {
    "zone.restored": ("alarm", "tamper", "fault"),
    "panel.battery_restored": ("battery",),
    "panel.mains_restored": ("mains",),
    "motion.ended": ("motion",),
}
FROM = {"alarm": ("alarm",), "tamper": ("tamper",), "cover": ("tamper",), "fault": ("fault",), "bypass": ()}
"""Which alerts a zone.restored clears when its data says from what the zone is restored."""


class PerimeterSettings(Selection):
    """Severities by kind of signal, and whether arming counts."""

    severities: dict[Kind, SeverityOrOff] = Field(default_factory=dict, description="other than usual; off: nothing")
    arming: Annotated[Literal["respected", "ignored"], Field(description="whether disarming quietens alarms")] = (
        "respected"
    )
    always: Annotated[tuple[DeviceRef, ...], Field(description="24-hour zones (24小时防区), armed or not")] = ()


@dataclass(slots=True)
class ZoneStates:
    """`raised`: keys of alerts that are not restored; `armed`: panel → area → whether it reported itself as armed."""

    raised: set[str] = field(default_factory=set)
    armed: dict[str, dict[str, bool]] = field(default_factory=dict)


class Perimeter(Rule):
    """Raises an alert for each zone and condition until it is restored, unless the zone is disarmed."""

    Settings = PerimeterSettings
    KINDS = frozenset({*CONDITIONS, *RESTORES, "area.armed", "area.disarmed"})
    State = ZoneStates
    VERSION = 2
    HORIZON = timedelta(hours=48)  # a night's arming and the day before it

    settings: PerimeterSettings

    def kinds(self, held: frozenset[str]) -> frozenset[str]:
        """Without the kinds that are off, such as motion of cameras, unless an alert of theirs is still open."""
        names_on = {condition.name for kind, condition in CONDITIONS.items() if self._severity(kind) is not None}
        names_on |= {key.rpartition("/")[2] for key in held}
        off = {kind for kind, condition in CONDITIONS.items() if condition.name not in names_on}
        return self.KINDS - off - {kind for kind, names in RESTORES.items() if names_on.isdisjoint(names)}

    def start(self, held: frozenset[str]) -> ZoneStates:
        """Go on with the alerts that are open."""
        return ZoneStates(raised=set(held))

    def on(self, state: ZoneStates, event: Event) -> Decisions:
        """Note arming, raise an alarm or a fault of an armed zone, or clear what is restored."""
        if not isinstance(event, Signal):
            return ()
        if event.kind in {"area.armed", "area.disarmed"}:
            areas = state.armed.setdefault(self._panel(event.device), {})
            areas[str(event.data.get("area"))] = event.kind == "area.armed"
            return ()
        if not self.answers_for(event):
            return ()
        if event.kind in RESTORES:
            return self._restore(event, state.raised)
        if event.kind == "zone.alarm" and self._is_disarmed(event, state.armed):
            return ()
        return self._raise(event, state.raised)

    def answers_for(self, signal: Signal) -> bool:
        """Zones and panels that are not in a home."""
        return super().answers_for(signal) and not at_home(signal.device, self.compound)

    def _severity(self, kind: str) -> Severity | None:
        return self.settings.severities.get(kind, CONDITIONS[kind].severity)

    def _raise(self, signal: Signal, raised: set[str]) -> Decisions:
        condition = CONDITIONS[signal.kind]
        severity = self._severity(signal.kind)
        if severity is None:
            return ()
        where, key = self._where(signal), f"{self._subject(signal)}/{condition.name}"
        raised.add(key)
        reason = Words(f"{where.zh} {condition.zh}", f"{condition.en} at {where.en}")
        return [Raise(key, severity, self.compound.place_of(signal.device), reason, signal.device)]

    def _restore(self, signal: Signal, raised: set[str]) -> Decisions:
        restored_from = signal.data.get("from") if signal.kind == "zone.restored" else None
        names = RESTORES[signal.kind]
        if isinstance(restored_from, str):
            names = FROM.get(restored_from, names)
        keys = [key for key in (f"{self._subject(signal)}/{name}" for name in names) if key in raised]
        raised.difference_update(keys)
        where = self._where(signal)
        return [Clear(key, Words(f"{where.zh} 已恢复", f"{where.en} restored")) for key in keys]

    def _is_disarmed(self, signal: Signal, armed: dict[str, dict[str, bool]]) -> bool:
        if self.settings.arming == "ignored" or signal.device in self.settings.always or signal.data.get("armed"):
            return False
        areas = armed.get(self._panel(signal.device), {})
        area = areas.get(str(signal.data.get("area")))
        # A zone without an area of its own is disarmed once all areas of its panel are.
        return not area if area is not None else bool(areas) and not any(areas.values())

    def _panel(self, device_id: str) -> str:
        device = self.compound.devices.get(device_id)
        return (device.part_of if device else None) or device_id

    def _subject(self, signal: Signal) -> str:
        """The zone: a device, or `PANEL.NUMBER` for a zone that the YAML does not name."""
        device = self.compound.devices.get(signal.device)
        if "zone" not in signal.data or (device and device.part_of and device.type is not DeviceType.PANEL):
            return signal.device
        return f"{signal.device}.{signal.data['zone']}"

    def _where(self, signal: Signal) -> Words:
        where = self.compound.where(signal.device)
        _, _, number = self._subject(signal).partition(".")
        return Words(f"{where.zh} {number}号防区", f"{where.en} zone {number}") if number else where


RULE = Perimeter
