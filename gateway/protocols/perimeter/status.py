"""What a perimeter host says lasts, in the answer to a poll, and what its clock shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.errors import BadInput
from gateway.model import Words

STATUS_LENGTH = 39

_FLAGS = ("mains", "battery", "cover")
_BITMAPS = ("alarm", "tamper", "fault", "bypass")
ZONE_CONDITIONS = frozenset(_BITMAPS)

ZoneCondition = tuple[str, int]
"""What holds, and the number of the zone or area it holds for (0: the host itself)."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    boot: int
    last: int
    pending: int
    conditions: frozenset[ZoneCondition]


def read_status(payload: bytes) -> HostStatus:
    """Raises ValueError when it is not a status."""
    if len(payload) != STATUS_LENGTH:
        must, came = STATUS_LENGTH, len(payload)
        why = Words(f"状态应为 {must} 字节，实为 {came}", f"a status has {must} bytes, this one {came}")
        raise BadInput(why, payload)
    holds = {(_FLAGS[bit], 0) for bit in range(len(_FLAGS)) if payload[5] >> bit & 1}
    holds |= {("armed", bit + 1) for bit in range(8) if payload[6] >> bit & 1}
    for index, condition in enumerate(_BITMAPS):
        bits = int.from_bytes(payload[7 + 8 * index : 15 + 8 * index], "little")
        holds |= {(condition, bit + 1) for bit in range(64) if bits >> bit & 1}
    return HostStatus(int.from_bytes(payload[:2]), int.from_bytes(payload[2:4]), payload[4], frozenset(holds))


def read_time(bcd: bytes, zone: ZoneInfo) -> datetime | None:
    """The host's clock in UTC; None when it shows no time (not set, or broken)."""
    try:
        year, month, day, hour, minute, second = (int(f"{byte:02x}") for byte in bcd)
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None
