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
"""May be a picture's first slice: first_slice_segment_in_pic_flag tells (H.265, 7.3.6.1)."""
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
"""Of a fragment, by its FU header: only the first one holds the beginning of its slice."""


def kind_of(nal: bytes) -> int:
    return nal[0] >> 1 & _TYPE


@dataclass(frozen=True, slots=True)
class H265:
    name: ClassVar[str] = "hevc"

    def look(self, packet: bytes, at: int) -> int:
        kind = packet[at] >> 1 & _TYPE
        at += HEADER
        if kind == FU:
            if at >= len(packet):
                return UNREADABLE
            flags = _FRAGMENT[packet[at]]
            at += 1
        elif kind == AP:
            return self._look_into(payload(packet)[HEADER:])
        elif kind == SEI:
            return self._flags_of(packet[at - HEADER :])
        else:
            flags = _FLAGS[kind]
        if flags & _FIRST:
            return flags ^ (_FIRST | BEGINS if at < len(packet) and packet[at] & 0x80 else _FIRST)
        return flags

    def recovery(self, packets: Iterable[bytes]) -> int:
        points = (recovery_point(nal, HEADER, signed=True) for nal in self.nals(packets) if kind_of(nal) == SEI)
        return next((point for point in points if point is not None), 0)

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        fragments = FragmentAssembler()
        for packet in packets:
            body = payload(packet)
            if len(body) < HEADER:
                continue
            if kind_of(body) == FU:
                yield from self._fragment(fragments, packet, body)
                continue
            if whole := fragments.interrupted(packet):
                yield whole
            if kind_of(body) == AP:
                yield from aggregated(body[HEADER:])
            elif not _FLAGS[kind_of(body)] & UNREADABLE:
                yield body
        if whole := fragments.end():
            yield whole

    def rank(self, nal: bytes) -> int | None:
        kind = kind_of(nal)
        return kind - VPS if VPS <= kind <= PPS else None

    def _fragment(self, fragments: FragmentAssembler, packet: bytes, body: bytes) -> Iterator[bytes]:
        if len(body) < HEADER + 1:
            return
        mark = body[HEADER]
        if mark & _START:
            if whole := fragments.interrupted(packet):
                yield whole
            header = bytes((body[0] & 0x81 | (mark & _TYPE) << 1, body[1]))
            fragments.begin(packet, header, body[HEADER + 1 :])
        else:
            fragments.more(packet, body[HEADER + 1 :])
        if mark & _END and (whole := fragments.end()):
            yield whole

    def _look_into(self, body: bytes) -> int:
        """An aggregation packet. Whether it begins a picture, its first NAL unit tells."""
        first = -1
        for nal in aggregated(body):
            flags = self._flags_of(nal)
            first = flags if first < 0 else first | flags & ~BEGINS
        return max(0, first)

    def _flags_of(self, nal: bytes) -> int:
        kind = kind_of(nal)
        if kind == SEI:
            return BEGINS if recovery_point(nal, HEADER, signed=True) is None else BEGINS | RECOVERS
        flags = _FLAGS[kind]
        if flags & _FIRST:
            return flags ^ (_FIRST | BEGINS if len(nal) > HEADER and nal[HEADER] & 0x80 else _FIRST)
        return flags
