"""OSDP frames (SIA OSDP 2.2, the packet format): bytes in, frames out; resynchronises, and its buffer is bounded.

| offset | bytes  | field                                                                  |
|--------|--------|------------------------------------------------------------------------|
| 0      | 1      | start 53h; before it, any number of FFh                                 |
| 1      | 1      | address 0-126, 127 all; bit 7 is set in replies                         |
| 2      | 2      | length of all of this, low byte first                                   |
| 4      | 1      | control: bits 0-1 sequence, 2 CRC rather than checksum, 3 security block |
| 5      | n      | security block (its first byte its length), code, data, MAC              |
| 5+n    | 2 or 1 | CRC-16 low byte first, or the checksum that makes the sum of all bytes 0 |
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Text, Words
from gateway.protocols.unreadable import UnreadableBytes

START, MARK = 0x53, 0xFF
HEADER = 5
MIN_FRAME_BYTES = HEADER + 2
MAX_FRAME_BYTES = 255
"""Limit of libosdp, with a mark byte before it (OSDP_PACKET_BUF_SIZE); the standard allows 1,440 if both agree."""
MAX_UNREADABLE = 256
"""Consecutive unreadable bytes returned as one item."""
_NO_START = Words("没有帧的开头", "no start of a frame")
_BROKE_OFF = Words("一帧中断", "a frame broke off")
REPLY, SEQUENCE, CRC, SECURITY = 0x80, 0x03, 0x04, 0x08
BUSY = 0x79
_MASK_DIGITS = bytes.maketrans(b"0123456789", b"." * 10)
"""Masks digits in unreadable bytes: without secure channel they may be those of a PIN."""


@dataclass(frozen=True, slots=True)
class OsdpFrame:
    """A valid frame. `raw` holds all bytes from the start byte on."""

    raw: bytes

    @property
    def address(self) -> int:
        """Address of the reader, 0 to 126; 127 is the broadcast address."""
        return self.raw[1] & 0x7F

    @property
    def is_reply(self) -> bool:
        """Whether a reader sent it."""
        return bool(self.raw[1] & REPLY)

    @property
    def sequence(self) -> int:
        """Sequence number: 1 to 3; 0 at the start of a session and in a BUSY reply."""
        return self.raw[4] & SEQUENCE

    @property
    def code(self) -> int:
        """Code of the command or reply; 0 if there is none."""
        block = self.raw[HEADER] if self.raw[4] & SECURITY else 0
        at = HEADER + block
        return self.raw[at] if at < len(self.raw) else 0


def crc16(data: bytes | bytearray) -> int:
    """Return the CRC-16 of polynomial 1021h from 1D0Fh, not reflected (SIA OSDP 2.2, its annex on the CRC)."""
    return binascii.crc_hqx(data, 0x1D0F)


def add_check(body: bytes) -> bytes:
    """Append the CRC or checksum to `body`, which begins with the start byte; its length field counts the check too."""
    if body[4] & CRC:
        return body + crc16(body).to_bytes(2, "little")
    return body + bytes((-sum(body) & 0xFF,))


class OsdpDecoder:
    """Splits a stream into frames and unreadable bytes. Resynchronises after noise; buffers at most one frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._unreadable = bytearray()
        self._why: Text = ""

    @property
    def missing(self) -> int:
        """Bytes that the frame at the front still needs (at least those of a header); 0 if the buffer is empty."""
        return _length(self._buffer) - len(self._buffer) if self._buffer else 0

    def feed(self, data: bytes) -> list[OsdpFrame | UnreadableBytes]:
        """Add received bytes and return what they complete; unreadable bytes once their run ends or is full.

        Of a frame with a wrong check only the header is returned, as unreadable: its data may hold a PIN.
        """
        found: list[OsdpFrame | UnreadableBytes] = []
        for start in range(0, len(data), MAX_FRAME_BYTES):
            self._buffer += data[start : start + MAX_FRAME_BYTES]
            found += self._scan(ended=False)
        return found

    def reset(self) -> list[OsdpFrame | UnreadableBytes]:
        """The line fell silent: return what the buffer holds, an incomplete frame as unreadable."""
        return [*self._scan(ended=True), *self._flush_unreadable()] if self._buffer or self._unreadable else []

    def _scan(self, *, ended: bool) -> Iterator[OsdpFrame | UnreadableBytes]:
        buffer = self._buffer
        while buffer:
            self._skip_to_start()
            length = _length(buffer)
            if len(buffer) < length:
                if not ended or not buffer:
                    break
                self._discard(1, _BROKE_OFF)
            elif not _plausible(buffer, length):  # a start byte within noise or within a damaged frame
                self._discard(1, _NO_START)
            elif _check_is_right(buffer[:length]):
                yield from self._flush_unreadable()
                yield OsdpFrame(bytes(buffer[:length]))
                del buffer[:length]
            else:
                yield from self._flush_unreadable()
                why = Words(f"{length} 字节的一帧校验不对", f"a frame of {length} bytes with a wrong check")
                yield UnreadableBytes(why, bytes(buffer[:HEADER]))
                del buffer[:1]  # only the start byte: a frame may begin within the damaged one
        if len(self._unreadable) >= MAX_UNREADABLE:
            yield from self._flush_unreadable()

    def _skip_to_start(self) -> None:
        """Drop bytes before the next start byte. Mark bytes (FFh) are legal there and not reported."""
        buffer = self._buffer
        start = buffer.find(START)
        start = len(buffer) if start < 0 else start
        if start:
            before = bytes(buffer[:start]).strip(b"\xff")
            del buffer[:start]
            if before:
                self._why = self._why or _NO_START
                self._unreadable += before

    def _discard(self, count: int, why: Words) -> None:
        self._why = self._why or why
        self._unreadable += self._buffer[:count]
        del self._buffer[:count]

    def _flush_unreadable(self) -> Iterator[UnreadableBytes]:
        if self._unreadable:
            yield UnreadableBytes(self._why, bytes(self._unreadable.translate(_MASK_DIGITS)))
            self._unreadable.clear()
            self._why = ""


def _length(buffer: bytearray) -> int:
    """Return the size of the frame at the front; the size of a header until that is complete or if it is invalid."""
    if len(buffer) < HEADER:
        return HEADER
    length = buffer[2] | buffer[3] << 8
    return length if MIN_FRAME_BYTES <= length <= MAX_FRAME_BYTES else HEADER


def _plausible(buffer: bytearray, length: int) -> bool:
    """Return True if the header can be valid: bits 4 to 7 of control are 0 (bit 7, multi-part, is not supported)."""
    return length > HEADER and not buffer[4] & 0xF0


def _check_is_right(frame: bytearray) -> bool:
    if frame[4] & CRC:
        return crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")
    return not sum(frame) & 0xFF
