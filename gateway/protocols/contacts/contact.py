"""One input: a dry contact that is at rest or active, and the kinds that its turns are told as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model import ALARM_KINDS
from gateway.protocols.contacts.debounce import Debounce
from gateway.protocols.contacts.news import FOUND, News

ENDS = {
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
"""What ends what the first begins; a kind that is not here (exit.requested) is momentary."""


@dataclass(frozen=True, slots=True)
class ContactSpec:
    """`normally_closed` is its rest. `active` is told when it leaves that, `rest` when it is back; None: nothing."""

    id: str
    active: str | None
    rest: str | None
    normally_closed: bool = False
    debounce: float = 0.0
    data: Mapping[str, Any] = field(default_factory=dict)


class Contact:
    """`told` is what the record has of it, or will have: None until it was first seen."""

    def __init__(self, spec: ContactSpec) -> None:
        self.spec = spec
        self._lasting = Debounce(spec.debounce)
        self._told: bool | None = None
        self._found = True

    @property
    def active(self) -> bool | None:
        """Whether it is away from its rest; None while it is not seen."""
        position = self._lasting.position
        return None if position is None else position != self.spec.normally_closed

    def see(self, closed: bool, now: float) -> None:
        self._lasting.see(closed, now)

    def forget(self) -> None:
        """The module does not answer: it may stand anywhere."""
        self._lasting.forget()
        self._found = True

    def news(self) -> News | None:
        """What is to be told now, once: asking takes it.

        What is found at the first look is state and not an event. It is told as found when it
        lasts (an open door, an alarm) and differs from what is known; a button that happens to
        be pressed, and a contact at rest of which nothing was known, are not told.
        """
        active = self.active
        if active is None:
            return None
        found, self._found = self._found, False
        before, self._told = self._told, active
        if active == before or (before is None and not active) or (found and active and not self._lasts):
            return None
        kind = self.spec.active if active else self.spec.rest
        if kind is None:
            return None
        data = {**self.spec.data, **(FOUND if found else {})}
        if not active and self.spec.active is not None:
            data["from"] = self.spec.active
        return News(self.spec.id, kind, data)

    @property
    def _lasts(self) -> bool:
        return self.spec.active in ALARM_KINDS or self.spec.rest is not None
