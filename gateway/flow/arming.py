"""What is known of areas and zones (布防, 撤防, 旁路), from what their panels reported. Unknown stays unknown.

A panel names the area in `data.area`, and a zone that is no device of its own in `data.zone`. The end of a bypass is
`zone.restored` with `from: bypass`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.model import Device, DeviceType, Signal

ARMED, DISARMED, BYPASSED, RESTORED = "area.armed", "area.disarmed", "zone.bypassed", "zone.restored"
ARMING_KINDS = (ARMED, DISARMED, BYPASSED, RESTORED)
_HAS_AREAS = frozenset({DeviceType.PANEL, DeviceType.HOME})


@dataclass(frozen=True, slots=True)
class Arming:
    """The state of one area or zone. `number` is None for a panel that names no area, and for a zone's own device."""

    device: str
    what: Literal["area", "zone"]
    number: int | None
    state: Literal["armed", "disarmed", "bypassed", "normal"] | None = None
    at: datetime | None = None
    by: str = ""


def may_be_armed(device: Device, actions: Iterable[str]) -> bool:
    """Whether the device has areas that may be armed."""
    return device.type in _HAS_AREAS or "arm" in actions


def arming_of(device: Device, has_areas: bool, signals: Iterable[Signal]) -> list[Arming]:
    """What the device's signals say, newest first. A panel or zone that never reported gives one unknown state."""
    found: dict[tuple[str, int | None], Arming] = {}
    for signal in signals:
        state = _state(signal)
        if state is not None:
            found.setdefault((state.what, state.number), state)
    areas = [each for each in found.values() if each.what == "area"]
    zones = [each for each in found.values() if each.what == "zone"]
    if has_areas and not areas:
        areas = [Arming(device.id, "area", None)]
    if device.type is DeviceType.ZONE and not any(zone.number is None for zone in zones):
        # A zone reports as itself, whatever number its panel gives it.
        newest = max(zones, key=lambda zone: zone.at.timestamp() if zone.at else 0.0, default=None)
        zones = [Arming(device.id, "zone", None, newest.state, newest.at, newest.by) if newest else _unknown(device)]
    return sorted([*areas, *zones], key=lambda each: (each.what, each.number or 0))


def _unknown(zone: Device) -> Arming:
    return Arming(zone.id, "zone", None)


def _state(signal: Signal) -> Arming | None:
    if signal.kind in {ARMED, DISARMED}:
        state: Literal["armed", "disarmed"] = "armed" if signal.kind == ARMED else "disarmed"
        return Arming(signal.device, "area", _number(signal, "area"), state, signal.received, _by(signal))
    if signal.kind == BYPASSED:
        return Arming(signal.device, "zone", _number(signal, "zone"), "bypassed", signal.received, _by(signal))
    if signal.kind == RESTORED and signal.data.get("from") == "bypass":
        return Arming(signal.device, "zone", _number(signal, "zone"), "normal", signal.received, _by(signal))
    return None


def _number(signal: Signal, key: str) -> int | None:
    value = signal.data.get(key)
    return value if isinstance(value, int) else None


def _by(signal: Signal) -> str:
    who = signal.data.get("user")
    return str(who) if isinstance(who, int | str) else ""
