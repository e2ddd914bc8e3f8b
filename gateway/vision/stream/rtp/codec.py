"""What the payload formats share: flags of a packet's content, its payload, fragments and aggregates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Protocol

KEY = 1
"""Decoding can begin here."""
PARAMETER = 2
"""A parameter set: the decoder must know it before the pictures that follow."""
PICTURE = 4
"""A slice of a picture, not only data about it."""
UNREADABLE = 8
"""A NAL unit type that is not allowed in this stream."""
BEGINS = 16
"""A picture's first slice, or a NAL unit that may only precede it: the picture before is complete."""
RECOVERS = 32
"""A recovery point: decoding can begin here, and some pictures later the picture is complete."""

MARKER = 0x80
"""In the second byte: the last packet of a picture."""
FIXED_HEADER = 12
_PLAIN = 0x80
"""First byte of nearly every packet: version 2, no padding, no extension, no contributing sources."""

START_CODE = b"\0\0\0\1"


class RtpCodec(Protocol):
    """One payload format. `at` is the offset of the payload in the RTP packet."""

    name: ClassVar[str]
    """FFmpeg's name."""

    def inspect(self, packet: bytes, at: int) -> int:
        """Flags of its content, without assembling NAL units. Never raises."""
        ...

    def pictures_to_recovery(self, packets: Iterable[bytes]) -> int:
        """Pictures after this one until the picture is complete; 0 without a recovery point."""
        ...

    def nals(self, packets: Iterable[bytes]) -> Iterator[bytes]:
        """NAL units of RTP packets in order; incomplete ones are left out. Never raises."""
        ...

    def parameter_set_rank(self, nal: bytes) -> int | None:
        """Order among the parameter sets (VPS, SPS, PPS); None for any other NAL unit."""
        ...


def payload_start(packet: bytes) -> int:
    """Offset of the payload (RFC 3550, 5.1); 0 when there is none, or it is no RTP packet."""
    size = len(packet)
    if size <= FIXED_HEADER or packet[0] >> 6 != 2:
        return 0
    start = FIXED_HEADER + 4 * (packet[0] & 15)
    if packet[0] & 16:  # a header extension, its length in words of four bytes
        if size < start + 4:
            return 0
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4])
    return start if start < size else 0


def payload(packet: bytes) -> bytes:
    """The payload without header and padding; may be empty."""
    if packet[0] == _PLAIN:
        return packet[FIXED_HEADER:]
    start = payload_start(packet) or len(packet)
    padding = packet[-1] if packet[0] & 32 else 0  # its last byte counts the padding
    return packet[start : max(start, len(packet) - padding)]


def sequence_of(packet: bytes) -> int:
    """The sequence number, 16 bits."""
    return packet[2] << 8 | packet[3]


class FragmentAssembler:
    """Assembles fragmentation units to a NAL unit. A gap in the numbers discards it; a missing end does not."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._next = -1

    def start(self, packet: bytes, header: bytes, body: bytes) -> None:
        """The first fragment; `header` is that of the NAL unit."""
        self._parts = [header, body]
        self._next = sequence_of(packet) + 1 & 0xFFFF

    def append(self, packet: bytes, body: bytes) -> None:
        """A further fragment."""
        if self._parts and sequence_of(packet) == self._next:
            self._parts.append(body)
            self._next = self._next + 1 & 0xFFFF
        else:
            self._parts = []

    def interrupt(self, packet: bytes) -> bytes | None:
        """The NAL unit that ended because another packet came: some cameras never set the end bit."""
        if sequence_of(packet) != self._next:
            self._parts = []
        return self.finish()

    def finish(self) -> bytes | None:
        """The NAL unit; None when a fragment is missing."""
        nal = b"".join(self._parts) if self._parts else None
        self._parts = []
        return nal


def aggregated(body: bytes) -> Iterator[bytes]:
    """The NAL units of an aggregation packet, each behind its size in two bytes (RFC 6184, 5.7.1; RFC 7798, 4.4.2)."""
    at = 0
    while at + 2 < len(body):
        size = body[at] << 8 | body[at + 1]
        nal = body[at + 2 : at + 2 + size]
        if len(nal) < size or not nal:
            return
        yield nal
        at += 2 + size


def annex_b(nals: Iterable[bytes]) -> bytes:
    """A byte stream (H.264 and H.265, annex B) with start codes of four bytes."""
    out = bytearray()
    for nal in nals:
        out += START_CODE
        out += nal
    return bytes(out)
