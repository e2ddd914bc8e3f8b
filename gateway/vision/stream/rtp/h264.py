"""H.264 in RTP (RFC 6184, packetization modes 0 and 1): single NAL units, STAP-A, FU-A."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.vision.stream.rtp.codec import (
    KEY,
    PARAMETER,
    PICTURE,
    UNREADABLE,
    Fragments,
    aggregated,
    payload,
)

SLICE, PARTITIONS, IDR, SEI, SPS, PPS = 1, range(2, 5), 5, 6, 7, 8
STAP_A, FU_A = 24, 28
_RECOVERY_POINT = 6
"""The SEI message (H.264, D.1.8) that marks where streams without IDR pictures can be entered."""
_START, _END, _TYPE, _IMPORTANCE = 0x80, 0x40, 0x1F, 0xE0


def _flags(kind: int) -> int:
    if kind == IDR:
        return PICTURE | KEY
    if kind == SLICE or kind in PARTITIONS:
        return PICTURE
    if kind in {SPS, PPS}:
        return PARAMETER
    return UNREADABLE if kind == 0 or kind > 23 else 0


_FLAGS = tuple(map(_flags, range(32)))


@dataclass(frozen=True, slots=True)
class H264:
    name: ClassVar[str] = "h264"

    def look(self, packet: bytes, at: int) -> int:
        kind = packet[at] & _TYPE
        if kind == FU_A:
            return _FLAGS[packet[at + 1] & _TYPE] if at + 1 < len(packet) else UNREADABLE
        if kind == STAP_A:
            flags = 0
            for nal in aggregated(payload(packet)[1:]):
                flags |= self._flags_of(nal)
            return flags
        return _FLAGS[kind] if kind != SEI else self._flags_of(packet[at : at + 2])

    def continues(self, packet: bytes, at: int) -> bool:
        """By first_mb_in_slice, which is 0, one bit set, in a first slice (H.264, 7.3.3)."""
        kind, slice_at = packet[at] & _TYPE, at + 1
        if kind == FU_A and slice_at < len(packet):
            if not packet[slice_at] & _START:
                return True
            kind, slice_at = packet[slice_at] & _TYPE, slice_at + 1
        return kind in {SLICE, IDR} and slice_at < len(packet) and not packet[slice_at] & 0x80

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        fragments = Fragments()
        for packet in packets:
            body = payload(packet)
            if not body:
                continue
            if body[0] & _TYPE == FU_A:
                yield from self._fragment(fragments, packet, body)
                continue
            if whole := fragments.interrupted(packet):
                yield whole
            if body[0] & _TYPE == STAP_A:
                yield from aggregated(body[1:])
            elif not _FLAGS[body[0] & _TYPE] & UNREADABLE:
                yield body
        if whole := fragments.end():
            yield whole

    def rank(self, nal: bytes) -> int | None:
        kind = nal[0] & _TYPE
        return kind - SPS if kind in {SPS, PPS} else None

    def _fragment(self, fragments: Fragments, packet: bytes, body: bytes) -> Iterator[bytes]:
        if len(body) < 2:
            return
        if body[1] & _START:
            if whole := fragments.interrupted(packet):
                yield whole
            fragments.begin(packet, bytes((body[0] & _IMPORTANCE | body[1] & _TYPE,)), body[2:])
        else:
            fragments.more(packet, body[2:])
        if body[1] & _END and (whole := fragments.end()):
            yield whole

    def _flags_of(self, nal: bytes) -> int:
        kind = nal[0] & _TYPE
        if kind == SEI:
            return KEY if nal[1:2] == bytes((_RECOVERY_POINT,)) else 0
        return _FLAGS[kind]
