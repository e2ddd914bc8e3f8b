"""H.265 in RTP (RFC 7798, without decoding order numbers): single NAL units, AP, FU."""

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

SLICES, RANDOM_ACCESS = range(32), range(16, 24)
VPS, SPS, PPS = 32, 33, 34
AP, FU = 48, 49
HEADER = 2
"""Bytes of a NAL unit's header, and of a payload's."""
_START, _END, _TYPE = 0x80, 0x40, 0x3F


def _flags(kind: int) -> int:
    if kind in RANDOM_ACCESS:
        return PICTURE | KEY
    if kind in SLICES:
        return PICTURE
    if kind in {VPS, SPS, PPS}:
        return PARAMETER
    return UNREADABLE if kind > 47 else 0


_FLAGS = tuple(map(_flags, range(64)))


def kind_of(nal: bytes) -> int:
    return nal[0] >> 1 & _TYPE


@dataclass(frozen=True, slots=True)
class H265:
    name: ClassVar[str] = "hevc"

    def look(self, packet: bytes, at: int) -> int:
        kind = packet[at] >> 1 & _TYPE
        if kind == FU:
            return _FLAGS[packet[at + 2] & _TYPE] if at + 2 < len(packet) else UNREADABLE
        if kind == AP:
            flags = 0
            for nal in aggregated(payload(packet)[HEADER:]):
                flags |= _FLAGS[kind_of(nal)]
            return flags
        return _FLAGS[kind]

    def continues(self, packet: bytes, at: int) -> bool:
        """By first_slice_segment_in_pic_flag (H.265, 7.3.6.1)."""
        kind, slice_at = packet[at] >> 1 & _TYPE, at + HEADER
        if kind == FU and slice_at < len(packet):
            if not packet[slice_at] & _START:
                return True
            kind, slice_at = packet[slice_at] & _TYPE, slice_at + 1
        return kind in SLICES and slice_at < len(packet) and not packet[slice_at] & 0x80

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        fragments = Fragments()
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

    def _fragment(self, fragments: Fragments, packet: bytes, body: bytes) -> Iterator[bytes]:
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
