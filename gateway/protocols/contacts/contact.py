"""One input: a dry contact that is normal or active, and the signal kinds of its changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model import ALARM_KINDS
from gateway.protocols.contacts.changes import INITIAL_STATE, DeviceChange
from gateway.protocols.contacts.debounce import Debounce

RESTORE_KINDS = {
    "zone.alarm": "zone.restored",
    "zone.tampered": "zone.restored",
    "zone.faulted": "zone.restored",
    "panic.pressed": "panic.restored",
    "fire.alarm": "fire.restored",
    "gas.alarm": "gas.restored",
    "water.alarm": "water.restored",
    "medical.alarm": "medical.restored",
    "door.opened": "door.closed",
    "door.unlocked": "door.locked",
    "door.forced": "door.closed",
    "barrier.opened": "barrier.closed",
    "device.faulted": "device.restored",
    "panel.battery_low": "panel.battery_restored",
    "panel.mains_lost": "panel.mains_restored",
}
"""The kind that ends each; a kind that is not listed (exit.requested) is momentary."""


@dataclass(frozen=True, slots=True)
class ContactSpec:
    """`active` and `normal` are the kinds sent when it becomes so; None sends nothing. `debounce` is in seconds."""

    id: str
    active: str | None
    normal: str | None
    normally_closed: bool = False
    debounce: float = 0.0
    data: Mapping[str, Any] = field(default_factory=dict)


class Contact:
    """Debounces one input and reports its changes."""

    def __init__(self, spec: ContactSpec) -> None:
        self.spec = spec
        self._debounce = Debounce(spec.debounce)
        self._reported: bool | None = None
        self._is_first_read = True

    @property
    def active(self) -> bool | None:
        """Whether it differs from its normal position; None while it can't be read."""
        position = self._debounce.position
        return None if position is None else position != self.spec.normally_closed

    def update(self, closed: bool, now: float) -> None:
        """Take a reading."""
        self._debounce.update(closed, now)

    def set_unknown(self) -> None:
        """Its module does not answer."""
        self._debounce.reset()
        self._is_first_read = True

    def take_change(self) -> DeviceChange | None:
        """The change to report, None if there is none. A change is returned once.

        The state at the first read is no event. It is reported as found if it is lasting (an open door, an alarm)
        and differs from what was reported before. A momentary contact, such as a button that happens to be pressed,
        is not reported then, nor is a normal contact of which nothing was reported before.
        """
        active = self.active
        if active is None:
            return None
        is_first_read, self._is_first_read = self._is_first_read, False
        # Also when nothing is sent below: a later change is compared with this state.
        before, self._reported = self._reported, active
        if active == before or (before is None and not active) or (is_first_read and active and not self._is_lasting):
            return None
        kind = self.spec.active if active else self.spec.normal
        if kind is None:
            return None
        data = {**self.spec.data, **(INITIAL_STATE if is_first_read else {})}
        if not active and self.spec.active is not None:
            data["from"] = self.spec.active
        return DeviceChange(self.spec.id, kind, data)

    @property
    def _is_lasting(self) -> bool:
        return self.spec.active in ALARM_KINDS or self.spec.normal is not None
