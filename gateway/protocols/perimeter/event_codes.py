"""Event codes of a perimeter host, and the signals they become."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Json
from gateway.protocols.perimeter.status import ZONE_CONDITIONS

EVENT_LENGTH = 10
"""Bytes of an event's payload."""


@dataclass(frozen=True, slots=True)
class EventCode:
    """An event code: its signal kind, and the condition that it starts or ends (empty: none)."""

    kind: str
    condition: str
    starts: bool = True


EVENT_CODES = {
    0x01: EventCode("zone.alarm", "alarm"),
    0x02: EventCode("zone.restored", "alarm", starts=False),
    0x03: EventCode("zone.tampered", "tamper"),
    0x04: EventCode("zone.restored", "tamper", starts=False),
    0x05: EventCode("zone.faulted", "fault"),
    0x06: EventCode("zone.restored", "fault", starts=False),
    0x07: EventCode("zone.bypassed", "bypass"),
    0x08: EventCode("zone.restored", "bypass", starts=False),
    0x11: EventCode("area.armed", "armed"),
    0x12: EventCode("area.disarmed", "armed", starts=False),
    0x21: EventCode("panel.mains_lost", "mains"),
    0x22: EventCode("panel.mains_restored", "mains", starts=False),
    0x23: EventCode("panel.battery_low", "battery"),
    0x24: EventCode("panel.battery_restored", "battery", starts=False),
    0x25: EventCode("zone.tampered", "cover"),
    0x26: EventCode("zone.restored", "cover", starts=False),
    0x27: EventCode("panel.tested", ""),
    0x31: EventCode("panic.pressed", ""),
}
CODE_OF_CONDITION = {(code.condition, code.starts): code for code in EVENT_CODES.values() if code.condition}
"""(Condition, starts) → event code, for a change that only the host's status shows."""


def event_data(code: EventCode, number: int) -> Json:
    """Return the data of a signal: its zone or area, and for a restored zone the condition that ended."""
    data: dict[str, int | str] = {}
    if code.condition in ZONE_CONDITIONS or code.kind == "panic.pressed":
        data["zone"] = number
    elif code.condition == "armed":
        data["area"] = number
    if not code.starts and code.kind == "zone.restored":
        data["from"] = code.condition
    return data
