"""Sound in packets: L16 in RTP (RFC 3550 §5.1; RFC 3551 §4.5.11: big-endian), little-endian outside. No I/O here."""

from __future__ import annotations

import secrets
import struct
import sys
from array import array

from gateway.protocols.sip.sdp import FRAME_MS, RATE

FRAME = RATE * FRAME_MS // 1000 * 2
"""Bytes of sound in one packet: 20 ms of 16-bit samples."""
_HEADER = struct.Struct(">BBHII")
_VERSION = 2
_PADDING, _EXTENSION, _SOURCES = 0x20, 0x10, 0x0F


class Packer:
    """Numbers and stamps what we send."""

    def __init__(self, payload: int) -> None:
        self._payload = payload
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._time = secrets.randbits(32)
        self._marker = 0x80

    def pack(self, sound: bytes) -> bytes:
        """`sound` in whole samples, 16 bits, little-endian."""
        header = _HEADER.pack(_VERSION << 6, self._marker | self._payload, self._sequence, self._time, self._source)
        self._marker = 0
        self._sequence = self._sequence + 1 & 0xFFFF
        self._time = self._time + len(sound) // 2 & 0xFFFFFFFF
        return header + swapped(sound)


def unpack(packet: bytes, payload: int) -> bytes:
    """The sound in it, little-endian; empty when it is another sort of packet or broken."""
    if len(packet) < _HEADER.size or packet[0] >> 6 != _VERSION or packet[1] & 0x7F != payload:
        return b""
    start = _HEADER.size + 4 * (packet[0] & _SOURCES)
    if packet[0] & _EXTENSION:
        if len(packet) < start + 4:
            return b""
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4])
    end = len(packet) - (packet[-1] if packet[0] & _PADDING else 0)
    if end <= start:
        return b""
    return swapped(packet[start : end - (end - start) % 2])


def swapped(sound: bytes) -> bytes:
    """Network byte order to little-endian, or back."""
    samples = array("h", sound)
    samples.byteswap()
    return samples.tobytes()


if sys.byteorder != "little":  # pragma: no cover -- browsers and every machine this runs on are little-endian
    raise ImportError("sound is swapped for little-endian machines")
