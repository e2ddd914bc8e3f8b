"""What the payload formats share: how a packet's payload is found, and what a look at it tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Protocol

KEY = 1
"""Decoding can begin here."""
PARAMETER = 2
"""A parameter set: the decoder must know it before the pictures that follow."""
PICTURE = 4
"""A slice of a picture, not only words about it."""
UNREADABLE = 8
"""Of a kind that must not be in this stream."""
BEGINS = 16
"""A picture's first slice, or what may only stand in front of it: what came before is whole."""
RECOVERS = 32
"""A recovery point: decoding can begin here, and some pictures later it is right."""

MARKER = 0x80
FIXED_HEADER = 12
_PLAIN = 0x80
"""Version 2, no padding, no extension, no contributing sources: what nearly every packet is."""

START_CODE = b"\0\0\0\1"


class RtpCodec(Protocol):
    """One payload format. `at` is where the payload begins in the RTP packet."""

    name: ClassVar[str]
    """FFmpeg's."""

    def look(self, packet: bytes, at: int) -> int:
        """Flags of what is in it; nothing is put together. Never raises."""
        ...

    def recovery(self, packets: Iterable[bytes]) -> int:
        """How many pictures after the one in these packets the picture is right, if they hold a recovery point."""
        ...

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        """NAL units of RTP packets in order; one that lacks a piece is left out. Never raises."""
        ...

    def rank(self, nal: bytes) -> int | None:
        """Its place among the parameter sets (VPS, SPS, PPS); None for any other NAL unit."""
        ...


def payload_start(packet: bytes) -> int:
    """Where the payload begins (RFC 3550, 5.1); 0 when there is none, or it is no RTP."""
    size = len(packet)
    if size <= FIXED_HEADER or packet[0] >> 6 != 2:
        return 0
    start = FIXED_HEADER + 4 * (packet[0] & 15)
    if packet[0] & 16:
        if size < start + 4:
            return 0
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4])
    return start if start < size else 0


def payload(packet: bytes) -> bytes:
    """Without header and padding; may be empty."""
    if packet[0] == _PLAIN:
        return packet[FIXED_HEADER:]
    start = payload_start(packet) or len(packet)
    padding = packet[-1] if packet[0] & 32 else 0
    return packet[start : max(start, len(packet) - padding)]


def sequence_of(packet: bytes) -> int:
    return packet[2] << 8 | packet[3]


class FragmentAssembler:
    """Fragmentation units to a NAL unit. A gap in the sequence numbers spoils it; a missing end mark does not."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._next = -1

    def begin(self, packet: bytes, header: bytes, body: bytes) -> None:
        self._parts = [header, body]
        self._next = sequence_of(packet) + 1 & 0xFFFF

    def more(self, packet: bytes, body: bytes) -> None:
        if self._parts and sequence_of(packet) == self._next:
            self._parts.append(body)
            self._next = self._next + 1 & 0xFFFF
        else:
            self._parts = []

    def interrupted(self, packet: bytes) -> bytes | None:
        """What was whole when something else came: some cameras never mark an end."""
        if sequence_of(packet) != self._next:
            self._parts = []
        return self.end()

    def end(self) -> bytes | None:
        nal = b"".join(self._parts) if self._parts else None
        self._parts = []
        return nal


def aggregated(body: bytes) -> Iterator[bytes]:
    """The NAL units of an aggregation packet: each behind its size in two bytes (RFC 6184, 5.7.1; RFC 7798, 4.4.2)."""
    at = 0
    while at + 2 < len(body):
        size = body[at] << 8 | body[at + 1]
        nal = body[at + 2 : at + 2 + size]
        if len(nal) < size or not nal:
            return
        yield nal
        at += 2 + size


def annex_b(nals: Iterable[bytes]) -> bytes:
    """As a byte stream (H.264 and H.265, annex B), every start code four bytes long."""
    out = bytearray()
    for nal in nals:
        out += START_CODE
        out += nal
    return bytes(out)
