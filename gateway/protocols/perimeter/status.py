"""Parses the status in the reply to a poll, and the host's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.errors import BadInput
from gateway.model import Words

STATUS_LENGTH = 39
"""Bytes of a status payload."""

_FLAGS = ("mains", "battery", "cover")
_BITMAPS = ("alarm", "tamper", "fault", "bypass")
ZONE_CONDITIONS = frozenset(_BITMAPS)

ZoneCondition = tuple[str, int]
"""An active condition, and the number of its zone or area (0: the host itself)."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """The status of a host."""

    boot: int
    """Number of the host's starts."""
    last: int
    """Sequence number of its last event."""
    pending: int
    """Events that are not acknowledged yet."""
    conditions: frozenset[ZoneCondition]


def read_status(payload: bytes) -> HostStatus:
    """Parse a status. Raises BadInput if it has another length."""
    if len(payload) != STATUS_LENGTH:
        expected, actual = STATUS_LENGTH, len(payload)
        why = Words(f"状态应为 {expected} 字节，实为 {actual}", f"a status has {expected} bytes, this one {actual}")
        raise BadInput(why, payload)
    # Offsets: see the table in frames.py.
    active = {(_FLAGS[bit], 0) for bit in range(len(_FLAGS)) if payload[5] >> bit & 1}
    active |= {("armed", bit + 1) for bit in range(8) if payload[6] >> bit & 1}
    for index, condition in enumerate(_BITMAPS):
        # Little-endian, so that bit n of the number is zone n + 1.
        bits = int.from_bytes(payload[7 + 8 * index : 15 + 8 * index], "little")
        active |= {(condition, bit + 1) for bit in range(64) if bits >> bit & 1}
    return HostStatus(int.from_bytes(payload[:2]), int.from_bytes(payload[2:4]), payload[4], frozenset(active))


def read_time(bcd: bytes, zone: ZoneInfo) -> datetime | None:
    """Parse six BCD bytes YYMMDDhhmmss to UTC; None if they are no time (the clock is not set, or broken)."""
    try:
        year, month, day, hour, minute, second = (int(f"{byte:02x}") for byte in bcd)
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None
