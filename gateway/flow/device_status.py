"""The status of a device, as the supervisor knows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.model import Device, Health, Text


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """`since` is when `health` last changed; `fault` says why the device was last lost or refused."""

    device: Device
    health: Health = Health.UNKNOWN
    since: datetime | None = None
    heard_at: datetime | None = None
    restarts: int = 0
    fault: Text | None = None
