"""What the codes of a perimeter host's events say to the guard."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Json
from gateway.protocols.perimeter.status import ZONE_CONDITIONS

EVENT_LENGTH = 10


@dataclass(frozen=True, slots=True)
class EventCode:
    """What an event's code says; `condition` is what lasts from it, `starts` whether it begins or ends."""

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
CODE_OF_CONDITION = {
    (meaning.condition, meaning.starts): meaning for meaning in EVENT_CODES.values() if meaning.condition
}
"""What begins or ends a condition, for what the host's status tells and no event did."""


def event_data(meaning: EventCode, number: int) -> Json:
    """The data of such a signal: its zone or area, and what a restored zone is restored from."""
    details: dict[str, int | str] = {}
    if meaning.condition in ZONE_CONDITIONS or meaning.kind == "panic.pressed":
        details["zone"] = number
    elif meaning.condition == "armed":
        details["area"] = number
    if not meaning.starts and meaning.kind == "zone.restored":
        details["from"] = meaning.condition
    return details
