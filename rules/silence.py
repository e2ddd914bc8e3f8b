"""Devices that do not work: silent, offline, refused, faulted, a reader tampered with, a camera covered and the like.

A refused device answers, but nothing it says is accepted, so its alarms would be lost. It counts as lost, always has an
alert of its own with the reason, and when a lost device becomes a refused one, its alert says so.

A loss is raised after `grace`, so that a device that is back at once raises nothing, and so that many losses at once (a
switch or a fuse failed) become one alert: `together` or more lost devices under the same parent place are one group
alert, and those lost later join it.

Alerts of a device that was removed from the configuration are cleared: nothing would ever restore them.
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

DEFAULT_SEVERITIES = {DeviceType.PANEL: Severity.HIGH, DeviceType.ZONE: Severity.HIGH, DeviceType.SIREN: Severity.HIGH}
"""By type; other types are medium."""
MAX_NAMED = 3
"""Devices that a group alert names."""
REMOVED = "-removed/"
"""Prefix of the key of the wake-up that clears alerts of removed devices. No device id begins so."""


class Fault(NamedTuple):
    """What a kind of signal means: the last part of the alert's key, its severity, its words."""

    name: str
    severity: Severity
    zh: str
    en: str


FAULTS = {
    "device.faulted": Fault("faulted", Severity.MEDIUM, "设备故障", "Device fault"),
    "reader.tampered": Fault("tampered", Severity.HIGH, "读卡器被拆动", "Reader tampered"),
    "barrier.blocked": Fault("blocked", Severity.MEDIUM, "道闸遇阻", "Barrier met an obstacle"),
    "camera.covered": Fault("covered", Severity.HIGH, "摄像机被遮挡", "Camera covered"),
    "camera.dirty": Fault("dirty", Severity.LOW, "摄像机镜头有污物或蛛网，请擦拭", "Camera lens dirty: wipe it"),
    "camera.frozen": Fault("frozen", Severity.MEDIUM, "摄像机画面静止", "Camera picture frozen"),
    "camera.moved": Fault("moved", Severity.MEDIUM, "摄像机被移动", "Camera moved"),
}
RESTORES = {
    "device.restored": ("faulted",),
    "reader.restored": ("tampered",),
    "barrier.cleared": ("blocked",),
    "camera.restored": ("covered", "dirty", "frozen", "moved"),
}


LOST = frozenset({"device.silent", "device.offline", "device.refused"})


class SilenceSettings(Selection):
    """Severities by type of device, the grace, and the size of a group."""

    severities: dict[DeviceType, SeverityWord] = Field(default_factory=dict, description="of a lost device, by type")
    grace: Annotated[
        Duration, max_duration(timedelta(minutes=10)), Field(description="how long a loss waits for its return")
    ] = timedelta(seconds=5)
    together: Annotated[int, Field(ge=2, le=1000, description="so many lost at once under one place are one")] = 4


class Loss(NamedTuple):
    """Why a device is lost, when it is known in both languages, and whether it is refused."""

    why: Words | None = None
    refused: bool = False


@dataclass(slots=True)
class Losses:
    """`lost`: devices that are away, in order; `raised`: keys of open alerts; `groups`: parent place → lost devices."""

    lost: dict[str, Loss] = field(default_factory=dict)
    raised: set[str] = field(default_factory=set)
    groups: dict[str, set[str]] = field(default_factory=dict)
    checked: str = ""
    """Digest of the compound for which alerts of removed devices were looked for last."""
    removed: frozenset[str] = frozenset()
    """Keys that were found. A wake-up clears them: its row in the journal gives that the same place in every replay."""


class Silence(Rule):
    """One alert a device and fault, and one for a group that is lost together."""

    Settings = SilenceSettings
    KINDS = LOST | {"device.online", *FAULTS, *RESTORES, "configuration.changed"}
    State = Losses
    VERSION = 2
    HORIZON = timedelta(days=7)  # `held` knows devices that are lost for longer, but not the members of their group

    settings: SilenceSettings
    _digest_of: tuple[Compound, str] | None = None

    def start(self, held: frozenset[str]) -> Losses:
        """Go on with the alerts that are open, and the losses they are about."""
        losses = Losses(raised=set(held))
        losses.lost = {key.partition("/")[0]: Loss() for key in sorted(held) if key.endswith("/lost") and key[0] != "*"}
        losses.groups = {key[2:]: set() for key in sorted(held) if key.startswith("*/")}
        return losses

    def on(self, state: Losses, event: Event) -> Decisions:
        """Follow losses and faults; after a change of the compound clear alerts of removed devices."""
        decisions: Decisions = ()
        if isinstance(event, Wake):
            decisions = self._on_wake(event.key, state)
        elif isinstance(event, Signal) and self._concerns(event):
            decisions = self._on_signal(event, state)
        digest = self._compound_digest()
        if state.checked != digest:
            state.checked, state.removed = digest, frozenset(self._of_removed(state))
            decisions = [*decisions, *([WakeAt(_key(state.removed), event.time)] if state.removed else ())]
        return decisions

    def _concerns(self, signal: Signal) -> bool:
        return signal.kind != "configuration.changed" and self.settings.covers(signal.device, self.compound)

    def _compound_digest(self) -> str:
        """The same for the same devices at the same places, also after a restart: it is compared with a saved one."""
        if self._digest_of is None or self._digest_of[0] is not self.compound:
            placed = (f"{device.id} {device.place}" for device in self.compound.devices.values())
            self._digest_of = self.compound, _digest(placed)
        return self._digest_of[1]

    def _on_wake(self, key: str, losses: Losses) -> Decisions:
        if not key.startswith(REMOVED):
            return self._raise_loss(key, losses)
        if key != _key(losses.removed):
            return ()
        return self._clear_removed(losses)

    def _of_removed(self, losses: Losses) -> Iterator[str]:
        """Keys of open alerts whose devices are no longer in the configuration."""
        devices = self.compound.devices
        parents = {self._parent(device) for device in devices}
        for key in losses.raised:
            device, _, parent = key.partition("/")
            group = losses.groups.get(parent) if device == "*" else {device}
            if (group and devices.keys().isdisjoint(group)) or (device == "*" and parent not in parents):
                yield key

    def _clear_removed(self, losses: Losses) -> Decisions:
        reason = Words("设备已从配置中移除", "its device was taken out of the configuration")
        cleared = sorted(losses.removed & losses.raised)
        losses.raised.difference_update(cleared)
        for key in cleared:
            losses.groups.pop(key.removeprefix("*/"), None)
            losses.lost.pop(key.partition("/")[0], None)
        return [Clear(key, reason) for key in cleared]

    def _on_signal(self, signal: Signal, losses: Losses) -> Decisions:
        if signal.kind in LOST:
            return self._lost(signal, losses)
        if signal.kind == "device.online":
            return self._back(signal.device, losses)
        if signal.kind in RESTORES:
            keys = [f"{signal.device}/{name}" for name in RESTORES[signal.kind]]
            return self._clear(keys, signal.device, losses)
        fault = FAULTS[signal.kind]
        where, key = self.compound.where(signal.device), f"{signal.device}/{fault.name}"
        losses.raised.add(key)
        reason = _because(Words(f"{where.zh} {fault.zh}", f"{fault.en} at {where.en}"), _why(signal.data))
        return [Raise(key, fault.severity, self.compound.place_of(signal.device), reason, signal.device)]

    def _lost(self, signal: Signal, losses: Losses) -> Decisions:
        loss = Loss(_why(signal.data), signal.kind == "device.refused")
        known = losses.lost.get(signal.device)
        if known is not None:
            return self._loss_changed(signal.device, known, loss, losses)
        losses.lost[signal.device] = loss
        if not self.settings.grace:
            return self._raise_loss(signal.device, losses)
        return [WakeAt(signal.device, signal.time + self.settings.grace)]

    def _loss_changed(self, device: str, known: Loss, loss: Loss, losses: Losses) -> Decisions:
        """A lost device is refused now, or the other way round, or refused for another reason."""
        if not (known.refused or loss.refused) or known == loss:
            return ()  # silent first and then offline is one loss
        losses.lost[device] = loss
        grouped = loss.refused and any(device in group for group in losses.groups.values())
        decisions = self._leave_groups(device, losses, "") if grouped else []
        if f"{device}/lost" in losses.raised:
            return [*decisions, self._alert(device, loss)]
        return [*decisions, *self._raise_loss(device, losses)] if grouped else ()

    def _raise_loss(self, device: str, losses: Losses) -> Decisions:
        """After the grace: raise an alert for this device alone, or one for its group."""
        if device not in self.compound.devices:
            losses.lost.pop(device, None)  # it was removed from the configuration meanwhile
        parent = self._parent(device)
        group = losses.groups.get(parent, set())
        if device not in losses.lost or device in group or f"{device}/lost" in losses.raised:
            return ()
        others = [
            other
            for other, loss in losses.lost.items()
            if self._parent(other) == parent and not loss.refused and f"{other}/lost" not in losses.raised
        ]
        loss = losses.lost[device]
        if not loss.refused and (parent in losses.groups or len(others) >= self.settings.together):
            losses.groups[parent] = group | set(others)
            losses.raised.add(f"*/{parent}")
            return [self._group_alert(parent, losses)]
        losses.raised.add(f"{device}/lost")
        return [self._alert(device, loss)]

    def _alert(self, device: str, loss: Loss) -> Raise:
        where = self.compound.where(device)
        what = Words(f"{where.zh} 设备失联", f"No connection to {where.en}")
        if loss.refused:
            what = Words(
                f"{where.zh} 设备上报被拒，其报警收不到", f"What {where.en} reports is refused, alarms are lost"
            )
        reason = _because(what, loss.why)
        return Raise(f"{device}/lost", self._severity(device), self.compound.place_of(device), reason, device)

    def _group_alert(self, parent: str, losses: Losses) -> Decision:
        group = [device for device in losses.lost if device in losses.groups[parent]]
        names = [self.compound.where(device) for device in group[:MAX_NAMED]]
        reason = Words(
            f"{'、'.join(name.zh for name in names)} 等{len(group)}台设备同时失联,请检查供电和交换机",
            f"{len(group)} devices lost at once ({', '.join(name.en for name in names)} …): check power and switch",
        )
        severity = max(Severity.HIGH, *(self._severity(device) for device in group))
        place = parent if parent in self.compound.places else self.compound.place_of(group[0])
        return Raise(f"*/{parent}", severity, place, reason)

    def _back(self, device: str, losses: Losses) -> Decisions:
        waiting = device in losses.lost and f"{device}/lost" not in losses.raised
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
        cleared = [key for key in keys if key in losses.raised]
        losses.raised.difference_update(cleared)
        where = self.compound.where(device)
        return [Clear(key, Words(f"{where.zh} 已恢复", f"{where.en} is back")) for key in cleared]

    def _parent(self, device: str) -> str:
        return self.compound.place_of(device).rpartition("/")[0]

    def _severity(self, device_id: str) -> Severity:
        device = self.compound.devices.get(device_id)
        if device is None:
            return Severity.MEDIUM
        return self.settings.severities.get(device.type, DEFAULT_SEVERITIES.get(device.type, Severity.MEDIUM))


def _why(data: Json) -> Words | None:
    """The reason that the device or its driver gives, when it is in both languages."""
    why = from_data(data.get("why"))
    return why if isinstance(why, Words) else None


def _because(what: Words, why: Words | None) -> Words:
    return Words(f"{what.zh}：{why.zh}", f"{what.en}: {why.en}") if why else what


def _key(removed: Collection[str]) -> str:
    """The key of the wake-up for these alerts. One from before a restart may be for others, and is ignored."""
    return REMOVED + _digest(removed)


def _digest(texts: Iterable[str]) -> str:
    """A digest that does not depend on the order of `texts`."""
    return hashlib.blake2b("\n".join(sorted(texts)).encode(), digest_size=8).hexdigest()


RULE = Silence
