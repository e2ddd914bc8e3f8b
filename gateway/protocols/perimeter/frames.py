"""Frames of a perimeter alarm host (周界报警主机): bytes in, frames out, no I/O.

Numbers of two bytes are big-endian, except the CRC:

| offset | bytes | field    |                                                                  |
|--------|-------|----------|------------------------------------------------------------------|
| 0      | 2     | start    | AA 55                                                            |
| 2      | 1     | address  | 1-247, the host's, in both directions                            |
| 3      | 1     | function | as below; a reply has the function + 80h                         |
| 4      | 2     | sequence | chosen by the sender, echoed in the reply                        |
| 6      | 1     | length   | n, 0-64                                                          |
| 7      | n     | payload  |                                                                  |
| 7+n    | 2     | check    | CRC-16/MODBUS over address to payload, low byte first            |

| function | from    | payload                                        | reply's payload                 |
|----------|---------|------------------------------------------------|---------------------------------|
| 01 poll  | gateway | -                                              | status, below                   |
| 02 event | host    | boot 2, code 1, zone or area 1, local time 6 (BCD YYMMDDhhmmss) | boot 2         |
| 11 arm, 12 disarm | gateway | area 1                                | 0 done, 1 refused, 2 no such    |
| 13 bypass, 14 unbypass | gateway | zone 1                           | 0 done, 1 refused, 2 no such    |

Status: boot 2, last event's sequence 2, events not yet acknowledged 1, flags 1 (bit 0 mains
lost, 1 battery low, 2 host opened), armed areas 1 (bit 0 = area 1), then four bitmaps of
8 bytes (bit 0 of the first byte = zone 1): in alarm, tampered, faulted, bypassed.

The host sends an event at once and repeats it every second until it is acknowledged, and the
gateway acknowledges it once it is committed. `boot` counts the host's starts, so that boot
and sequence number together identify an event for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Text, Words
from gateway.protocols.unreadable import UnreadableBytes

START = b"\xaa\x55"
HEADER = 7
"""Bytes before the payload."""
CHECK = 2
"""Bytes of the CRC."""
MAX_PAYLOAD = 64
MAX_UNREADABLE = 256
"""Consecutive unreadable bytes returned as one item."""
_NO_START = Words("没有起始字节", "no start bytes")
_BROKE_OFF = Words("一帧中断", "a frame broke off")
_BAD_CHECK = Words("校验或长度不对", "bad check or length")

POLL, EVENT, REPLY = 0x01, 0x02, 0x80


def crc16(data: bytes | bytearray) -> int:
    """Return the CRC-16/MODBUS: polynomial 8005h reflected, from FFFFh (Modbus over serial line 1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


@dataclass(frozen=True, slots=True)
class PerimeterFrame:
    """A frame without start bytes and CRC."""

    address: int
    function: int
    sequence: int
    payload: bytes = b""

    def encode(self) -> bytes:
        """Return the bytes to send."""
        body = bytes((self.address, self.function)) + self.sequence.to_bytes(2) + bytes((len(self.payload),))
        body += self.payload
        return START + body + crc16(body).to_bytes(CHECK, "little")


class PerimeterDecoder:
    """Bytes in, frames out; resynchronises after noise and buffers at most one frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._unreadable = bytearray()
        self._why: Text = ""

    def feed(self, data: bytes) -> list[PerimeterFrame | UnreadableBytes]:
        """Add received bytes and return what they complete; unreadable bytes once their run ends or is full."""
        found: list[PerimeterFrame | UnreadableBytes] = []
        for start in range(0, len(data), MAX_PAYLOAD):
            self._buffer += data[start : start + MAX_PAYLOAD]
            found += self._scan(ended=False)
        return found

    def reset(self) -> list[PerimeterFrame | UnreadableBytes]:
        """The line fell silent: return what the buffer holds, an incomplete frame as unreadable."""
        return [*self._scan(ended=True), *self._flush_unreadable()]

    def _scan(self, *, ended: bool) -> Iterator[PerimeterFrame | UnreadableBytes]:
        buffer = self._buffer
        while buffer:
            start = _next_start(buffer)
            self._discard(start, _NO_START)
            length = _length(buffer)
            if len(buffer) < length:
                if not ended:
                    break
                self._discard(min(1, len(buffer)), _BROKE_OFF)
            elif (frame := _parse(buffer[:length])) is None:
                # Only one byte: the real start bytes may follow within what looked like a frame.
                self._discard(1, _BAD_CHECK)
            else:
                yield from self._flush_unreadable()
                yield frame
                del buffer[:length]
        if len(self._unreadable) >= MAX_UNREADABLE:
            yield from self._flush_unreadable()

    def _discard(self, count: int, why: Words) -> None:
        if count:
            # A wrong check is the more useful reason: it points to the line or to another protocol.
            self._why = why if not self._unreadable or why is _BAD_CHECK else self._why
            self._unreadable += self._buffer[:count]
            del self._buffer[:count]

    def _flush_unreadable(self) -> Iterator[UnreadableBytes]:
        if self._unreadable:
            yield UnreadableBytes(self._why, bytes(self._unreadable))
            self._unreadable.clear()


def _next_start(buffer: bytearray) -> int:
    """Return the offset of the start bytes, or of the first one at the end of the buffer."""
    at = buffer.find(START)
    if at >= 0:
        return at
    return len(buffer) - 1 if buffer[-1] == START[0] else len(buffer)


def _length(buffer: bytearray) -> int:
    """Return the size of the frame at the front; the size of a header until that is complete."""
    if len(buffer) < HEADER:
        return HEADER
    payload = buffer[HEADER - 1]
    # A longer payload is invalid: with 0, `_parse` rejects the frame at once instead of waiting for more bytes.
    return HEADER + (payload if payload <= MAX_PAYLOAD else 0) + CHECK


def _parse(data: bytearray) -> PerimeterFrame | None:
    body, check = data[2:-CHECK], data[-CHECK:]
    if data[HEADER - 1] != len(data) - HEADER - CHECK or crc16(body) != int.from_bytes(check, "little"):
        return None
    return PerimeterFrame(data[2], data[3], int.from_bytes(data[4:6]), bytes(data[HEADER:-CHECK]))
