"""OSDP frames out of bytes (SIA OSDP 2.2, the packet format): bytes in, frames out, resynchronising, bounded.

| offset | bytes  | field                                                                  |
|--------|--------|------------------------------------------------------------------------|
| 0      | 1      | start 53h; before it, any number of FFh                                 |
| 1      | 1      | address 0-126, 127 all; bit 7 is set in what a reader answers           |
| 2      | 2      | length of all of this, low byte first                                   |
| 4      | 1      | control: bits 0-1 sequence, 2 CRC rather than checksum, 3 security block |
| 5      | n      | security block (its first byte its length), code, data, MAC              |
| 5+n    | 2 or 1 | CRC-16 low byte first, or the checksum that makes the sum of all bytes 0 |
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Said, Words
from gateway.protocols.unreadable import UnreadableBytes

START, MARK = 0x53, 0xFF
HEADER = 5
MIN_FRAME_BYTES = HEADER + 2
MAX_FRAME_BYTES = 255
"""What libosdp takes with a mark before it (OSDP_PACKET_BUF_SIZE); the standard allows 1,440 where both agree."""
MAX_UNREADABLE = 256
"""Bytes of unreadable input kept together as one piece for the quarantine."""
_NO_START = Words("没有帧的开头", "no start of a frame")
_BROKE_OFF = Words("一帧中断", "a frame broke off")
REPLY, SEQUENCE, CRC, SECURITY = 0x80, 0x03, 0x04, 0x08
BUSY = 0x79
_NO_DIGITS = bytes.maketrans(b"0123456789", b"." * 10)


@dataclass(frozen=True, slots=True)
class OsdpFrame:
    """`raw` is all of it, from the start byte on; `code` what is asked or answered."""

    raw: bytes

    @property
    def address(self) -> int:
        return self.raw[1] & 0x7F

    @property
    def is_reply(self) -> bool:
        return bool(self.raw[1] & REPLY)

    @property
    def sequence(self) -> int:
        return self.raw[4] & SEQUENCE

    @property
    def code(self) -> int:
        skipped = self.raw[HEADER] if self.raw[4] & SECURITY else 0
        at = HEADER + skipped
        return self.raw[at] if at < len(self.raw) else 0


def crc16(data: bytes | bytearray) -> int:
    """CRC-16 of polynomial 1021h from 1D0Fh, not reflected (SIA OSDP 2.2, its annex on the CRC)."""
    return binascii.crc_hqx(data, 0x1D0F)


def add_check(body: bytes) -> bytes:
    """A frame of `body` (from the start byte on, its length counting the check) and its CRC or checksum."""
    if body[4] & CRC:
        return body + crc16(body).to_bytes(2, "little")
    return body + bytes((-sum(body) & 0xFF,))


class OsdpDecoder:
    """Finds its way back after anything, and never holds more than one frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._rubbish = bytearray()
        self._why: Said = ""

    @property
    def missing(self) -> int:
        """Bytes that the frame at the front still needs, as far as can be known; 0 when nothing has begun."""
        return _length(self._buffer) - len(self._buffer) if self._buffer else 0

    def feed(self, data: bytes) -> list[OsdpFrame | UnreadableBytes]:
        """What `data` completes. A run of unreadable bytes is told once it has ended or is full."""
        found: list[OsdpFrame | UnreadableBytes] = []
        for start in range(0, len(data), MAX_FRAME_BYTES):
            self._buffer += data[start : start + MAX_FRAME_BYTES]
            found += self._scan(ended=False)
        return found

    def reset(self) -> list[OsdpFrame | UnreadableBytes]:
        """The line fell silent: no frame goes on, so what waits is read as far as it can be."""
        return [*self._scan(ended=True), *self._told()] if self._buffer or self._rubbish else []

    def _scan(self, *, ended: bool) -> Iterator[OsdpFrame | UnreadableBytes]:
        buffer = self._buffer
        while buffer:
            self._skip()
            length = _length(buffer)
            if len(buffer) < length:
                if not ended or not buffer:
                    break
                self._throw(1, _BROKE_OFF)
            elif not _plausible(buffer, length):
                self._throw(1, _NO_START)
            elif _checks(buffer[:length]):
                yield from self._told()
                yield OsdpFrame(bytes(buffer[:length]))
                del buffer[:length]
            else:
                yield from self._told()
                why = Words(f"{length} 字节的一帧校验不对", f"a frame of {length} bytes with a wrong check")
                yield UnreadableBytes(why, bytes(buffer[:HEADER]))
                del buffer[:1]
        if len(self._rubbish) >= MAX_UNREADABLE:
            yield from self._told()

    def _skip(self) -> None:
        """Up to the next start byte; marks are no rubbish."""
        buffer = self._buffer
        start = buffer.find(START)
        start = len(buffer) if start < 0 else start
        if start:
            before = bytes(buffer[:start]).strip(b"\xff")
            del buffer[:start]
            if before:
                self._why = self._why or _NO_START
                self._rubbish += before

    def _throw(self, count: int, why: Words) -> None:
        self._why = self._why or why
        self._rubbish += self._buffer[:count]
        del self._buffer[:count]

    def _told(self) -> Iterator[UnreadableBytes]:
        if self._rubbish:
            yield UnreadableBytes(self._why, bytes(self._rubbish.translate(_NO_DIGITS)))
            self._rubbish.clear()
            self._why = ""


def _length(buffer: bytearray) -> int:
    """How many bytes the frame at the front needs, as far as can be known yet."""
    if len(buffer) < HEADER:
        return HEADER
    told = buffer[2] | buffer[3] << 8
    return told if MIN_FRAME_BYTES <= told <= MAX_FRAME_BYTES else HEADER


def _plausible(buffer: bytearray, length: int) -> bool:
    """Whether the header may be one: bits 4 to 7 of control are 0, bit 7 being for frames in several parts."""
    return length > HEADER and not buffer[4] & 0xF0


def _checks(frame: bytearray) -> bool:
    if frame[4] & CRC:
        return crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")
    return not sum(frame) & 0xFF
