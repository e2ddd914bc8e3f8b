"""How a device is, as far as the supervisor knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.model import Device, Health, Said


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """`since` is when the health last changed, `fault` why the line was last lost, in words."""

    device: Device
    health: Health = Health.UNKNOWN
    since: datetime | None = None
    heard_at: datetime | None = None
    restarts: int = 0
    fault: Said | None = None
