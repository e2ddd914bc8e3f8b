"""Common settings of rules: which devices a rule covers, and the severity of its alerts."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from gateway.model import Device, DeviceType, Severity
from gateway.rule import Compound, RuleSettings
from gateway.settings.context import DeviceRef, PlaceBranch
from gateway.settings.mend import Wrong, did_you_mean


def member_of(known: Collection[str]) -> Callable[[str], str]:
    """A validator for one of the known words; raises Wrong with the closest."""

    def check(value: str) -> str:
        if value not in known:
            raise Wrong(f"{value!r} is not known here", did_you_mean(value, known))
        return value

    return check


_WORDS = [severity.word for severity in reversed(Severity)]
_ROOM = re.compile(r".+/u[0-9]+/[0-9]+(/.+)?")


def _severity(value: object) -> Severity:
    if isinstance(value, Severity):
        return value
    if value not in _WORDS:
        raise Wrong(f"{value!r} is no severity", did_you_mean(str(value), _WORDS))
    return Severity.of(str(value))


def _severity_or_off(value: object) -> Severity | None:
    return None if value is None or value is False or value == "off" else _severity(value)


def _word(value: Severity | None) -> str:
    return "off" if value is None else value.word


SeverityWord = Annotated[
    Severity,
    BeforeValidator(_severity),
    PlainSerializer(_word, return_type=str, when_used="json"),
    WithJsonSchema({"enum": _WORDS}),
]
SeverityOrOff = Annotated[
    Severity | None,
    BeforeValidator(_severity_or_off),
    PlainSerializer(_word, return_type=str, when_used="json"),
    WithJsonSchema({"enum": [*_WORDS, "off"]}),
]
"""`off` (None): no alert."""


class Selection(RuleSettings):
    """Without `devices` and `places` a rule covers all devices of its kinds."""

    devices: Annotated[tuple[DeviceRef, ...], Field(description="only these; a panel includes its zones")] = ()
    places: Annotated[tuple[PlaceBranch, ...], Field(description="only devices at or below these places")] = ()

    def covers(self, device_id: str, compound: Compound) -> bool:
        """Whether the rule covers this device. By default that includes devices that are not configured."""
        if not self.devices and not self.places:
            return True
        device = compound.devices.get(device_id)
        if device is None:
            return device_id in self.devices
        if any(host.id in self.devices for host in hosts(device, compound.devices)):
            return True
        return any(device.place == place or device.place.startswith(f"{place}/") for place in self.places)


def at_home(device_id: str, compound: Compound) -> bool:
    """Whether a device belongs to a home: it is one, is part of one, or is in a room of a building."""
    device = compound.devices.get(device_id)
    if device is None:
        return False
    homes = any(host.type is DeviceType.HOME for host in hosts(device, compound.devices))
    return homes or _ROOM.fullmatch(device.place) is not None


def hosts(device: Device, devices: Mapping[str, Device]) -> Iterator[Device]:
    """The device, the device it is part of, and so on up to the panel or bus that connects it."""
    host: Device | None = device
    while host is not None:
        yield host
        host = devices.get(host.part_of or "")
