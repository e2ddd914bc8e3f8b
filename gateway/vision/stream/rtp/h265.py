"""H.265 in RTP (RFC 7798, without decoding order numbers): single NAL units, AP, FU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from gateway.vision.stream.rtp.codec import (
    BEGINS,
    KEY,
    PARAMETER,
    PICTURE,
    RECOVERS,
    UNREADABLE,
    FragmentAssembler,
    aggregated,
    payload,
)
from gateway.vision.stream.rtp.sei import recovery_point

SLICES, RANDOM_ACCESS = range(32), range(16, 24)
VPS, SPS, PPS, DELIMITER, SEI = 32, 33, 34, 35, 39
AP, FU = 48, 49
_FIRST = 64
"""May be a picture's first slice. That has first_slice_segment_in_pic_flag set (H.265, 7.3.6.1)."""
HEADER = 2
"""Bytes of a NAL unit's header, and of a payload's."""
_START, _END, _TYPE = 0x80, 0x40, 0x3F


def _flags(kind: int) -> int:
    if kind in RANDOM_ACCESS:
        return PICTURE | KEY | _FIRST
    if kind in SLICES:
        return PICTURE | _FIRST
    if kind in {VPS, SPS, PPS}:
        return PARAMETER | BEGINS
    if kind in {DELIMITER, SEI}:
        return BEGINS
    return UNREADABLE if kind > 47 else 0


_FLAGS = tuple(map(_flags, range(64)))
_FRAGMENT = tuple(_flags(head & _TYPE) & (-1 if head & _START else ~(_FIRST | BEGINS)) for head in range(256))
"""Flags of a fragment, by its FU header: only the first one holds the beginning of its slice."""


def kind_of(nal: bytes) -> int:
    """nal_unit_type, six bits (H.265, 7.3.1.2)."""
    return nal[0] >> 1 & _TYPE


@dataclass(frozen=True, slots=True)
class H265:
    """The `RtpCodec` for H.265."""

    name: ClassVar[str] = "hevc"

    def inspect(self, packet: bytes, at: int) -> int:
        """Reads the NAL unit type and, of a slice, the first bit behind it."""
        kind = packet[at] >> 1 & _TYPE
        at += HEADER
        if kind == FU:
            if at >= len(packet):
                return UNREADABLE
            flags = _FRAGMENT[packet[at]]
            at += 1
        elif kind == AP:
            return self._inspect_aggregate(payload(packet)[HEADER:])
        elif kind == SEI:
            return self._nal_flags(packet[at - HEADER :])
        else:
            flags = _FLAGS[kind]
        if flags & _FIRST:
            return flags ^ (_FIRST | BEGINS if at < len(packet) and packet[at] & 0x80 else _FIRST)
        return flags

    def pictures_to_recovery(self, packets: Iterable[bytes]) -> int:
        """From the recovery point SEI message."""
        points = (recovery_point(nal, HEADER, signed=True) for nal in self.nals(packets) if kind_of(nal) == SEI)
        return next((point for point in points if point is not None), 0)

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        """Single NAL units, those of aggregation packets, and fragments assembled."""
        fragments = FragmentAssembler()
        for packet in packets:
            body = payload(packet)
            if len(body) < HEADER:
                continue
            if kind_of(body) == FU:
                yield from self._fragment(fragments, packet, body)
                continue
            if whole := fragments.interrupt(packet):
                yield whole
            if kind_of(body) == AP:
                yield from aggregated(body[HEADER:])
            elif not _FLAGS[kind_of(body)] & UNREADABLE:
                yield body
        if whole := fragments.finish():
            yield whole

    def parameter_set_rank(self, nal: bytes) -> int | None:
        """VPS 0, SPS 1, PPS 2."""
        kind = kind_of(nal)
        return kind - VPS if VPS <= kind <= PPS else None

    def _fragment(self, fragments: FragmentAssembler, packet: bytes, body: bytes) -> Iterator[bytes]:
        if len(body) < HEADER + 1:
            return
        mark = body[HEADER]
        if mark & _START:
            if whole := fragments.interrupt(packet):
                yield whole
            # The NAL unit's header with the type from the FU header in place of 49 (RFC 7798, 4.4.3).
            header = bytes((body[0] & 0x81 | (mark & _TYPE) << 1, body[1]))
            fragments.start(packet, header, body[HEADER + 1 :])
        else:
            fragments.append(packet, body[HEADER + 1 :])
        if mark & _END and (whole := fragments.finish()):
            yield whole

    def _inspect_aggregate(self, body: bytes) -> int:
        """Flags of an aggregation packet. Its first NAL unit decides whether it begins a picture."""
        first = -1
        for nal in aggregated(body):
            flags = self._nal_flags(nal)
            first = flags if first < 0 else first | flags & ~BEGINS
        return max(0, first)

    def _nal_flags(self, nal: bytes) -> int:
        kind = kind_of(nal)
        if kind == SEI:
            return BEGINS if recovery_point(nal, HEADER, signed=True) is None else BEGINS | RECOVERS
        flags = _FLAGS[kind]
        if flags & _FIRST:
            return flags ^ (_FIRST | BEGINS if len(nal) > HEADER and nal[HEADER] & 0x80 else _FIRST)
        return flags
