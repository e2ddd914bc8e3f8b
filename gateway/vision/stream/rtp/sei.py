"""Recovery points (H.264, D.1.8; H.265, D.2.8): where a stream can be entered that has no IDR picture there."""

from __future__ import annotations

from gateway.errors import BadInput
from gateway.vision.stream.bit_reader import BitReader

_RECOVERY_POINT = 6
"""The type of the SEI message, in both standards."""
MAX_RECOVERY = 600
"""Pictures after which it is not waited for any longer: 24 s at 25 a second."""


def recovery_point(nal: bytes, header: int, *, signed: bool = False) -> int | None:
    """Of an SEI NAL unit: how many pictures after this one the picture is right; None where none is told.

    `header` is the NAL unit's own in bytes, `signed` how the number is written (H.265). Never raises.
    """
    body = nal[header:].replace(b"\0\0\3", b"\0\0")
    at = 0
    while at + 2 <= len(body):
        kind, at = _number(body, at)
        size, at = _number(body, at)
        if kind == _RECOVERY_POINT:
            return _count(body[at : at + size], signed=signed)
        at += size
    return None


def _number(body: bytes, at: int) -> tuple[int, int]:
    """A type or a size, which 255s prolong (H.264, 7.3.2.3.1), and where it ends."""
    number = 0
    while at < len(body) and body[at] == 0xFF:
        number, at = number + 255, at + 1
    return number + (body[at] if at < len(body) else 0), at + 1


def _count(payload: bytes, *, signed: bool) -> int:
    bits = BitReader(payload, 0)
    try:
        number = bits.signed() if signed else bits.unsigned()
    except BadInput:
        return 0
    return min(max(0, number), MAX_RECOVERY)
