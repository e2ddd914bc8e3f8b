"""What the flow tells the screens; the console's hub keeps it, a test can too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from gateway.flow.device_status import DeviceStatus
from gateway.model import Alert, Signal


class Announce(Protocol):
    """Each call returns at once: whoever is slow must not slow the flow."""

    def alert_changed(self, alert: Alert) -> None: ...

    def device_changed(self, status: DeviceStatus) -> None: ...

    def signal_seen(self, signal: Signal) -> None: ...

    def dropped(self, counts: Mapping[str, int]) -> None: ...
