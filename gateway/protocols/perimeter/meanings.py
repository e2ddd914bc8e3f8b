"""What the codes of a perimeter host's events say to the guard."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model import Json
from gateway.protocols.perimeter.status import ZONE_CONDITIONS

EVENT_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an event's code says; `condition` is what lasts from it, `starts` whether it begins or ends."""

    kind: str
    condition: str
    starts: bool = True


MEANINGS = {
    0x01: Meaning("zone.alarm", "alarm"),
    0x02: Meaning("zone.restored", "alarm", starts=False),
    0x03: Meaning("zone.tampered", "tamper"),
    0x04: Meaning("zone.restored", "tamper", starts=False),
    0x05: Meaning("zone.faulted", "fault"),
    0x06: Meaning("zone.restored", "fault", starts=False),
    0x07: Meaning("zone.bypassed", "bypass"),
    0x08: Meaning("zone.restored", "bypass", starts=False),
    0x11: Meaning("area.armed", "armed"),
    0x12: Meaning("area.disarmed", "armed", starts=False),
    0x21: Meaning("panel.mains_lost", "mains"),
    0x22: Meaning("panel.mains_restored", "mains", starts=False),
    0x23: Meaning("panel.battery_low", "battery"),
    0x24: Meaning("panel.battery_restored", "battery", starts=False),
    0x25: Meaning("zone.tampered", "cover"),
    0x26: Meaning("zone.restored", "cover", starts=False),
    0x27: Meaning("panel.tested", ""),
    0x31: Meaning("panic.pressed", ""),
}
BY_CONDITION = {(meaning.condition, meaning.starts): meaning for meaning in MEANINGS.values() if meaning.condition}
"""What begins or ends a condition, for what the host's status tells and no event did."""


def details_of(meaning: Meaning, number: int) -> Json:
    """The data of such a signal: its zone or area, and what a restored zone is restored from."""
    details: dict[str, int | str] = {}
    if meaning.condition in ZONE_CONDITIONS or meaning.kind == "panic.pressed":
        details["zone"] = number
    elif meaning.condition == "armed":
        details["area"] = number
    if not meaning.starts and meaning.kind == "zone.restored":
        details["from"] = meaning.condition
    return details
