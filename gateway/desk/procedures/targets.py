"""The devices that a command step means."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.config.desk.procedures import CommandStepSection
from gateway.model import Device


def targets(command: CommandStepSection, place: str, devices: Mapping[str, Device]) -> list[Device]:
    """The one it names, or all of its type where the incident is: at its place, below it, or above it.

    `b3/u1/1502` has the unit's door at `b3/u1`, and the siren of `b3`.
    """
    if command.device is not None:
        return [devices[command.device]] if command.device in devices else []
    return [
        device for device in devices.values() if device.type is command.devices and place and _near(device.place, place)
    ]


def _near(device: str, place: str) -> bool:
    return bool(device) and (device == place or device.startswith(f"{place}/") or place.startswith(f"{device}/"))
