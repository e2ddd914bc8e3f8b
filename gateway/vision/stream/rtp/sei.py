"""Recovery point SEI messages (H.264, D.1.8; H.265, D.2.8): where decoding can begin without an IDR picture."""

from __future__ import annotations

from gateway.errors import BadInput
from gateway.vision.stream.bit_reader import BitReader

_RECOVERY_POINT = 6
"""payloadType of the SEI message, in both standards."""
MAX_RECOVERY = 600
"""Larger counts are cut down to this: 24 s at 25 pictures a second."""


def recovery_point(nal: bytes, header: int, *, signed: bool = False) -> int | None:
    """Of an SEI NAL unit: pictures after this one until the picture is complete; None without a recovery point.

    `header` is the size of the NAL unit's header, `signed` whether the number is coded as se(v) (H.265). Never raises.
    """
    body = nal[header:].replace(b"\0\0\3", b"\0\0")  # undo emulation prevention (H.264, 7.4.1)
    at = 0
    while at + 2 <= len(body):
        kind, at = _number(body, at)
        size, at = _number(body, at)
        if kind == _RECOVERY_POINT:
            return _count(body[at : at + size], signed=signed)
        at += size
    return None


def _number(body: bytes, at: int) -> tuple[int, int]:
    """A type or a size, extended by bytes of 255 (H.264, 7.3.2.3.1), and where it ends."""
    number = 0
    while at < len(body) and body[at] == 0xFF:
        number, at = number + 255, at + 1
    return number + (body[at] if at < len(body) else 0), at + 1


def _count(payload: bytes, *, signed: bool) -> int:
    bits = BitReader(payload, 0)
    try:
        number = bits.read_se() if signed else bits.read_ue()
    except BadInput:
        return 0  # a recovery point all the same; treated as complete at once
    return min(max(0, number), MAX_RECOVERY)
