"""L16 audio in RTP packets (RFC 3550 §5.1; RFC 3551 §4.5.11: big-endian); little-endian outside. No I/O here."""

from __future__ import annotations

import secrets
import struct
import sys
from array import array

from gateway.protocols.sip.sdp import FRAME_MS, SAMPLE_RATE

FRAME_BYTES = SAMPLE_RATE * FRAME_MS // 1000 * 2
"""Bytes of audio in one packet: 20 ms of 16-bit samples."""
_HEADER = struct.Struct(">BBHII")
_VERSION = 2
_HAS_PADDING, _HAS_EXTENSION, _CSRC_COUNT = 0x20, 0x10, 0x0F


class RtpPacker:
    """Adds sequence numbers and timestamps to the packets that we send."""

    def __init__(self, payload_type: int) -> None:
        self._payload_type = payload_type
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._time = secrets.randbits(32)
        self._marker = 0x80

    def pack(self, samples: bytes) -> bytes:
        """One packet. `samples` are whole samples, 16 bits, little-endian."""
        header = _HEADER.pack(_VERSION << 6, self._marker | self._payload_type, self._sequence, self._time, self._ssrc)
        self._marker = 0
        self._sequence = self._sequence + 1 & 0xFFFF
        self._time = self._time + len(samples) // 2 & 0xFFFFFFFF
        return header + swap_bytes(samples)


def unpack_rtp(packet: bytes, payload_type: int) -> bytes:
    """The samples in a packet, little-endian; empty if it has another payload type or is broken."""
    if len(packet) < _HEADER.size or packet[0] >> 6 != _VERSION or packet[1] & 0x7F != payload_type:
        return b""
    start = _HEADER.size + 4 * (packet[0] & _CSRC_COUNT)
    if packet[0] & _HAS_EXTENSION:
        if len(packet) < start + 4:
            return b""
        start += 4 + 4 * int.from_bytes(packet[start + 2 : start + 4])
    # The last byte of padding counts the padding (RFC 3550 §5.1).
    end = len(packet) - (packet[-1] if packet[0] & _HAS_PADDING else 0)
    if end <= start:
        return b""
    return swap_bytes(packet[start : end - (end - start) % 2])


def swap_bytes(samples: bytes) -> bytes:
    """Network byte order to little-endian, or back."""
    swapped = array("h", samples)
    swapped.byteswap()
    return swapped.tobytes()


if sys.byteorder != "little":  # pragma: no cover -- browsers and every machine this runs on are little-endian
    raise ImportError("sound is swapped for little-endian machines")
