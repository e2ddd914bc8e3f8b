"""What an event code means here, and how its table is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.model import Words

NUMBER_KINDS = frozenset({"zone", "user", "door", "module", "area", "-"})
"""What the number beside a code counts; `-`: nothing that matters."""
UNMAPPED = "-"
"""A kind of our own, `x.dc09.<code>`: kept and shown, and nobody's alarm."""
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
"""The end of what a kind begins, and what a `zone.restored` ends."""


@dataclass(frozen=True, slots=True)
class CodeMeaning:
    kind: str
    number: str
    text: Words


def parse_table(table: str) -> Mapping[str, CodeMeaning]:
    """Rows of `CODE NUMBER KIND 中文 | English`; a line that begins with `#` is for readers."""
    rows = (line.split(maxsplit=3) for line in table.splitlines() if line.strip() and not line.startswith("#"))
    return MappingProxyType({code: CodeMeaning(kind, number, _words(text)) for code, number, kind, text in rows})


def _words(text: str) -> Words:
    zh, _, en = text.partition(" | ")
    return Words(zh, en)
