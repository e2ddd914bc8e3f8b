"""Devices that do not do their job: silent, offline, refused, faulted, a reader tampered, a camera covered, …

A device that is refused answers, but nothing that it says is taken: its alarms would be lost. It counts as lost, is
told by itself and with the reason, and when a lost device becomes a refused one its alert says so.

A loss waits `grace` before it rings, so that one that is back at once does not, and so that
many at once (a switch or a fuse died) become one alert: `together` or more that are lost
under the same parent place are told as one, and those that follow fold into it.

Of a device that is taken out of the configuration nobody says how it is any more: its alerts are over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, NamedTuple

from pydantic import Field

from gateway.model import (
    Clear,
    Decision,
    Decisions,
    DeviceType,
    Event,
    Json,
    Raise,
    Severity,
    Signal,
    Wake,
    WakeAt,
    Words,
    from_data,
)
from gateway.rule import Compound, Rule
from gateway.settings.durations import Duration, max_duration
from gateway.settings.selection import Selection, SeverityWord

USUAL = {DeviceType.PANEL: Severity.HIGH, DeviceType.ZONE: Severity.HIGH, DeviceType.SIREN: Severity.HIGH}
"""Other types are medium."""
NAMED_AT_MOST = 3
REMOVED = "-removed/"
"""Begins the key of the wake-up that ends alerts of removed devices; no device is called so."""


class Trouble(NamedTuple):
    name: str
    severity: Severity
    zh: str
    en: str


TROUBLES = {
    "device.faulted": Trouble("faulted", Severity.MEDIUM, "设备故障", "Device fault"),
    "reader.tampered": Trouble("tampered", Severity.HIGH, "读卡器被拆动", "Reader tampered"),
    "barrier.blocked": Trouble("blocked", Severity.MEDIUM, "道闸遇阻", "Barrier met an obstacle"),
    "camera.covered": Trouble("covered", Severity.HIGH, "摄像机被遮挡", "Camera covered"),
    "camera.dirty": Trouble("dirty", Severity.LOW, "摄像机镜头有污物或蛛网，请擦拭", "Camera lens dirty: wipe it"),
    "camera.frozen": Trouble("frozen", Severity.MEDIUM, "摄像机画面静止", "Camera picture frozen"),
    "camera.moved": Trouble("moved", Severity.MEDIUM, "摄像机被移动", "Camera moved"),
}
ENDS = {
    "device.restored": ("faulted",),
    "reader.restored": ("tampered",),
    "barrier.cleared": ("blocked",),
    "camera.restored": ("covered", "dirty", "frozen", "moved"),
}


LOST = frozenset({"device.silent", "device.offline", "device.refused"})


class SilenceSettings(Selection):
    severities: dict[DeviceType, SeverityWord] = Field(default_factory=dict, description="of a lost device, by type")
    grace: Annotated[
        Duration, max_duration(timedelta(minutes=10)), Field(description="how long a loss waits for its return")
    ] = timedelta(seconds=5)
    together: Annotated[int, Field(ge=2, le=1000, description="so many lost at once under one place are one")] = 4


class Loss(NamedTuple):
    why: Words | None = None
    refused: bool = False


@dataclass(slots=True)
class Losses:
    """`lost`: devices that are away, in order, and why; `standing`: keys raised; `groups`: parent place → its lost."""

    lost: dict[str, Loss] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)
    groups: dict[str, set[str]] = field(default_factory=dict)
    looked_in: str = ""
    """Names the compound in which it was looked for alerts of removed devices."""
    over: frozenset[str] = frozenset()
    """What was found: to be cleared at its wake-up, which has a row of its own in the journal, live or replayed."""


class Silence(Rule):
    Settings = SilenceSettings
    KINDS = LOST | {"device.online", *TROUBLES, *ENDS, "configuration.changed"}
    State = Losses
    HORIZON = timedelta(days=7)  # whoever is lost for longer is known from `held`, but not which loss it was told in

    settings: SilenceSettings
    _named: tuple[Compound, str] | None = None

    def start(self, held: frozenset[str]) -> Losses:
        losses = Losses(standing=set(held))
        losses.lost = {key.partition("/")[0]: Loss() for key in sorted(held) if key.endswith("/lost") and key[0] != "*"}
        losses.groups = {key[2:]: set() for key in sorted(held) if key.startswith("*/")}
        return losses

    def on(self, state: Losses, event: Event) -> Decisions:
        decisions: Decisions = ()
        if isinstance(event, Wake):
            decisions = self._woken(event.key, state)
        elif isinstance(event, Signal) and self._concerns(event):
            decisions = self._on_signal(event, state)
        name = self._name_of_compound()
        if state.looked_in != name:
            state.looked_in, state.over = name, frozenset(self._of_removed(state))
            decisions = [*decisions, *([WakeAt(_key(state.over), event.time)] if state.over else ())]
        return decisions

    def _concerns(self, signal: Signal) -> bool:
        return signal.kind != "configuration.changed" and self.settings.covers(signal.device, self.compound)

    def _name_of_compound(self) -> str:
        """The same for the same devices at the same places: a state that was saved must know them again."""
        if self._named is None or self._named[0] is not self.compound:
            placed = (f"{device.id} {device.place}" for device in self.compound.devices.values())
            self._named = self.compound, _digest(placed)
        return self._named[1]

    def _woken(self, key: str, losses: Losses) -> Decisions:
        if not key.startswith(REMOVED):
            return self._ring(key, losses)
        if key != _key(losses.over):
            return ()
        return self._end_removed(losses)

    def _of_removed(self, losses: Losses) -> Iterator[str]:
        """Keys that stand, and whose devices are in the configuration no more."""
        devices = self.compound.devices
        parents = {self._parent(device) for device in devices}
        for key in losses.standing:
            device, _, parent = key.partition("/")
            group = losses.groups.get(parent) if device == "*" else {device}
            if (group and devices.keys().isdisjoint(group)) or (device == "*" and parent not in parents):
                yield key

    def _end_removed(self, losses: Losses) -> Decisions:
        reason = Words("设备已从配置中移除", "its device was taken out of the configuration")
        over = sorted(losses.over & losses.standing)
        losses.standing.difference_update(over)
        for key in over:
            losses.groups.pop(key.removeprefix("*/"), None)
            losses.lost.pop(key.partition("/")[0], None)
        return [Clear(key, reason) for key in over]

    def _on_signal(self, signal: Signal, losses: Losses) -> Decisions:
        if signal.kind in LOST:
            return self._lost(signal, losses)
        if signal.kind == "device.online":
            return self._back(signal.device, losses)
        if signal.kind in ENDS:
            keys = [f"{signal.device}/{name}" for name in ENDS[signal.kind]]
            return self._clear(keys, signal.device, losses)
        trouble = TROUBLES[signal.kind]
        where, key = self.compound.where(signal.device), f"{signal.device}/{trouble.name}"
        losses.standing.add(key)
        reason = _because(Words(f"{where.zh} {trouble.zh}", f"{trouble.en} at {where.en}"), _why(signal.data))
        return [Raise(key, trouble.severity, self.compound.place_of(signal.device), reason, signal.device)]

    def _lost(self, signal: Signal, losses: Losses) -> Decisions:
        loss = Loss(_why(signal.data), signal.kind == "device.refused")
        known = losses.lost.get(signal.device)
        if known is not None:
            return self._lost_otherwise(signal.device, known, loss, losses)
        losses.lost[signal.device] = loss
        if not self.settings.grace:
            return self._ring(signal.device, losses)
        return [WakeAt(signal.device, signal.time + self.settings.grace)]

    def _lost_otherwise(self, device: str, known: Loss, loss: Loss, losses: Losses) -> Decisions:
        """It was lost and is refused now, or the other way round, or refused for another reason."""
        if not (known.refused or loss.refused) or known == loss:
            return ()  # silent and then offline is one loss
        losses.lost[device] = loss
        grouped = loss.refused and any(device in group for group in losses.groups.values())
        decisions = self._leave_groups(device, losses, "") if grouped else []
        if f"{device}/lost" in losses.standing:
            return [*decisions, self._tell(device, loss)]
        return [*decisions, *self._ring(device, losses)] if grouped else ()

    def _ring(self, device: str, losses: Losses) -> Decisions:
        """The grace is over: tell this one alone, or with the others that are away."""
        if device not in self.compound.devices:
            losses.lost.pop(device, None)  # it was taken out of the configuration meanwhile
        parent = self._parent(device)
        group = losses.groups.get(parent, set())
        if device not in losses.lost or device in group or f"{device}/lost" in losses.standing:
            return ()
        others = [
            other
            for other, loss in losses.lost.items()
            if self._parent(other) == parent and not loss.refused and f"{other}/lost" not in losses.standing
        ]
        loss = losses.lost[device]
        if not loss.refused and (parent in losses.groups or len(others) >= self.settings.together):
            losses.groups[parent] = group | set(others)
            losses.standing.add(f"*/{parent}")
            return [self._together(parent, losses)]
        losses.standing.add(f"{device}/lost")
        return [self._tell(device, loss)]

    def _tell(self, device: str, loss: Loss) -> Raise:
        where = self.compound.where(device)
        what = Words(f"{where.zh} 设备失联", f"No connection to {where.en}")
        if loss.refused:
            what = Words(
                f"{where.zh} 设备上报被拒，其报警收不到", f"What {where.en} reports is refused, alarms are lost"
            )
        reason = _because(what, loss.why)
        return Raise(f"{device}/lost", self._severity(device), self.compound.place_of(device), reason, device)

    def _together(self, parent: str, losses: Losses) -> Decision:
        group = [device for device in losses.lost if device in losses.groups[parent]]
        names = [self.compound.where(device) for device in group[:NAMED_AT_MOST]]
        reason = Words(
            f"{'、'.join(name.zh for name in names)} 等{len(group)}台设备同时失联,请检查供电和交换机",
            f"{len(group)} devices lost at once ({', '.join(name.en for name in names)} …): check power and switch",
        )
        severity = max(Severity.HIGH, *(self._severity(device) for device in group))
        place = parent if parent in self.compound.places else self.compound.place_of(group[0])
        return Raise(f"*/{parent}", severity, place, reason)

    def _back(self, device: str, losses: Losses) -> Decisions:
        waiting = device in losses.lost and f"{device}/lost" not in losses.standing
        losses.lost.pop(device, None)
        decisions: list[Decision] = [WakeAt(device, None)] if waiting else []
        decisions += self._clear([f"{device}/lost"], device, losses)
        return decisions + self._leave_groups(device, losses, self._parent(device))

    def _leave_groups(self, device: str, losses: Losses, now_at: str) -> list[Decision]:
        decisions: list[Decision] = []
        for parent in [at for at, group in losses.groups.items() if at == now_at or device in group]:
            losses.groups[parent].discard(device)  # its place may have changed since it was lost
            if not losses.groups[parent]:
                del losses.groups[parent]
                decisions += self._clear([f"*/{parent}"], device, losses)
        return decisions

    def _clear(self, keys: list[str], device: str, losses: Losses) -> list[Decision]:
        over = [key for key in keys if key in losses.standing]
        losses.standing.difference_update(over)
        where = self.compound.where(device)
        return [Clear(key, Words(f"{where.zh} 已恢复", f"{where.en} is back")) for key in over]

    def _parent(self, device: str) -> str:
        return self.compound.place_of(device).rpartition("/")[0]

    def _severity(self, device_id: str) -> Severity:
        device = self.compound.devices.get(device_id)
        if device is None:
            return Severity.MEDIUM
        return self.settings.severities.get(device.type, USUAL.get(device.type, Severity.MEDIUM))


def _why(data: Json) -> Words | None:
    """What the device or its driver gives as the reason, where it is said in both languages."""
    said = from_data(data.get("why"))
    return said if isinstance(said, Words) else None


def _because(what: Words, why: Words | None) -> Words:
    return Words(f"{what.zh}：{why.zh}", f"{what.en}: {why.en}") if why else what


def _key(over: Collection[str]) -> str:
    """Of the wake-up for just these alerts: one from before a restart is for others."""
    return REMOVED + _digest(over)


def _digest(texts: Iterable[str]) -> str:
    """Of texts in any order."""
    return hashlib.blake2b("\n".join(sorted(texts)).encode(), digest_size=8).hexdigest()


RULE = Silence
