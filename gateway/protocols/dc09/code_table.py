"""The meaning of an event code, and the parser of the code tables in contact_id.py and sia_codes.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.model import Words

NUMBER_KINDS = frozenset({"zone", "user", "door", "module", "area", "-"})
"""What the number beside a code identifies; `-`: it is not used."""
UNMAPPED = "-"
"""No signal kind fits: the event becomes `x.dc09.<code>`, which is recorded and shown but raises no alert."""
RESTORE_KINDS = {
    "zone.alarm": ("zone.restored", "alarm"),
    "zone.tampered": ("zone.restored", "tamper"),
    "zone.faulted": ("zone.restored", "fault"),
    "zone.bypassed": ("zone.restored", "bypass"),
    "fire.alarm": ("fire.restored", None),
    "gas.alarm": ("gas.restored", None),
    "water.alarm": ("water.restored", None),
    "medical.alarm": ("medical.restored", None),
    "panic.pressed": ("panic.restored", None),
    "panel.mains_lost": ("panel.mains_restored", None),
    "panel.battery_low": ("panel.battery_restored", None),
    "device.faulted": ("device.restored", None),
    "area.disarmed": ("area.armed", None),
    "panel.tested": ("panel.tested", None),
    "door.forced": ("door.closed", None),
    "door.held": ("door.closed", None),
}
"""Kind of an event → kind of its restore, and the `from` of a `zone.restored` (None for other kinds)."""


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    """A row of a code table: signal kind, what the number identifies (one of NUMBER_KINDS), and the text."""

    kind: str
    number: str
    text: Words


def parse_table(table: str) -> Mapping[str, CodeMeaning]:
    """Parse rows of `CODE NUMBER KIND 中文 | English`; lines that begin with `#` are comments."""
    rows = (line.split(maxsplit=3) for line in table.splitlines() if line.strip() and not line.startswith("#"))
    return MappingProxyType({code: CodeMeaning(kind, number, _words(text)) for code, number, kind, text in rows})


def _words(text: str) -> Words:
    zh, _, en = text.partition(" | ")
    return Words(zh, en)
