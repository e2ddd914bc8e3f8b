"""H.264 in RTP (RFC 6184, packetization modes 0 and 1): single NAL units, STAP-A, FU-A."""

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

SLICE, PARTITION_A, PARTITIONS, IDR, SEI, SPS, PPS, DELIMITER = 1, 2, range(2, 5), 5, 6, 7, 8, 9
STAP_A, FU_A = 24, 28
_FIRST = 64
"""May be a picture's first slice. That has first_mb_in_slice 0, which is coded as one set bit (H.264, 7.3.3)."""
_START, _END, _TYPE, _IMPORTANCE = 0x80, 0x40, 0x1F, 0xE0


def _flags(kind: int) -> int:
    if kind == IDR:
        return PICTURE | KEY | _FIRST
    if kind in {SLICE, PARTITION_A}:
        return PICTURE | _FIRST
    if kind in PARTITIONS:
        return PICTURE
    if kind in {SPS, PPS}:
        return PARAMETER | BEGINS
    if kind in {SEI, DELIMITER}:
        return BEGINS
    return UNREADABLE if kind == 0 or kind > 23 else 0


_FLAGS = tuple(map(_flags, range(32)))
_FRAGMENT = tuple(_flags(head & _TYPE) & (-1 if head & _START else ~(_FIRST | BEGINS)) for head in range(256))
"""Flags of a fragment, by its FU header: only the first one holds the beginning of its slice."""


@dataclass(frozen=True, slots=True)
class H264:
    """The `RtpCodec` for H.264."""

    name: ClassVar[str] = "h264"

    def inspect(self, packet: bytes, at: int) -> int:
        """Reads the NAL unit type and, of a slice, the first bit behind it."""
        kind = packet[at] & _TYPE
        if kind == FU_A:
            at += 1  # the FU header follows the FU indicator
            if at >= len(packet):
                return UNREADABLE
            flags = _FRAGMENT[packet[at]]
        elif kind == STAP_A:
            return self._inspect_aggregate(payload(packet)[1:])
        elif kind == SEI:
            return self._nal_flags(packet[at:])
        else:
            flags = _FLAGS[kind]
        # Replaces _FIRST by BEGINS, if the first bit behind the NAL header says that it is a first slice.
        if flags & _FIRST:
            at += 1
            return flags ^ (_FIRST | BEGINS if at < len(packet) and packet[at] & 0x80 else _FIRST)
        return flags

    def pictures_to_recovery(self, packets: Iterable[bytes]) -> int:
        """From the recovery point SEI message."""
        points = (recovery_point(nal, 1) for nal in self.nals(packets) if nal[0] & _TYPE == SEI)
        return next((point for point in points if point is not None), 0)

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        """Single NAL units, those of STAP-A packets, and FU-A fragments assembled."""
        fragments = FragmentAssembler()
        for packet in packets:
            body = payload(packet)
            if not body:
                continue
            if body[0] & _TYPE == FU_A:
                yield from self._fragment(fragments, packet, body)
                continue
            if whole := fragments.interrupt(packet):
                yield whole
            if body[0] & _TYPE == STAP_A:
                yield from aggregated(body[1:])
            elif not _FLAGS[body[0] & _TYPE] & UNREADABLE:
                yield body
        if whole := fragments.finish():
            yield whole

    def parameter_set_rank(self, nal: bytes) -> int | None:
        """SPS 0, PPS 1."""
        kind = nal[0] & _TYPE
        return kind - SPS if kind in {SPS, PPS} else None

    def _fragment(self, fragments: FragmentAssembler, packet: bytes, body: bytes) -> Iterator[bytes]:
        if len(body) < 2:
            return
        if body[1] & _START:
            if whole := fragments.interrupt(packet):
                yield whole
            # The NAL unit's header is not sent: importance from the indicator, type from the FU header (5.8).
            fragments.start(packet, bytes((body[0] & _IMPORTANCE | body[1] & _TYPE,)), body[2:])
        else:
            fragments.append(packet, body[2:])
        if body[1] & _END and (whole := fragments.finish()):
            yield whole

    def _inspect_aggregate(self, body: bytes) -> int:
        """Flags of an aggregation packet. Its first NAL unit decides whether it begins a picture."""
        first = -1
        for nal in aggregated(body):
            flags = self._nal_flags(nal)
            first = flags if first < 0 else first | flags & ~BEGINS
        return max(0, first)

    def _nal_flags(self, nal: bytes) -> int:
        kind = nal[0] & _TYPE
        if kind == SEI:
            return BEGINS if recovery_point(nal, 1) is None else BEGINS | RECOVERS
        flags = _FLAGS[kind]
        if flags & _FIRST:
            return flags ^ (_FIRST | BEGINS if len(nal) > 1 and nal[1] & 0x80 else _FIRST)
        return flags
