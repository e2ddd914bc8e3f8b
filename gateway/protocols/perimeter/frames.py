"""The wire of a perimeter alarm host (周界报警主机): bytes in, frames out, no I/O.

Everything on the wire is a frame; numbers of two bytes are big-endian, the CRC is not:

| offset | bytes | field    |                                                                  |
|--------|-------|----------|------------------------------------------------------------------|
| 0      | 2     | start    | AA 55                                                            |
| 2      | 1     | address  | 1-247, the host's, in both directions                            |
| 3      | 1     | function | as below; an answer is the function + 80h                        |
| 4      | 2     | sequence | chosen by who asks, echoed by who answers                        |
| 6      | 1     | length   | n, 0-64                                                          |
| 7      | n     | payload  |                                                                  |
| 7+n    | 2     | check    | CRC-16/MODBUS over address to payload, low byte first            |

| function | from    | payload                                        | answer's payload                |
|----------|---------|------------------------------------------------|---------------------------------|
| 01 poll  | gateway | -                                              | status, below                   |
| 02 event | host    | boot 2, code 1, zone or area 1, local time 6 (BCD YYMMDDhhmmss) | boot 2         |
| 11 arm, 12 disarm | gateway | area 1                                | 0 done, 1 refused, 2 no such    |
| 13 bypass, 14 unbypass | gateway | zone 1                           | 0 done, 1 refused, 2 no such    |

Status: boot 2, last event's sequence 2, events not yet acknowledged 1, flags 1 (bit 0 mains
lost, 1 battery low, 2 host opened), armed areas 1 (bit 0 = area 1), then four bitmaps of
8 bytes (bit 0 of the first byte = zone 1): in alarm, tampered, faulted, bypassed.

The host sends an event at once and again every second until it is acknowledged, and the
gateway acknowledges it when it is committed. `boot` counts the host's starts, so that boot
and sequence name an event for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Said, Words
from gateway.protocols.unreadable import UnreadableBytes

START = b"\xaa\x55"
HEADER = 7
CHECK = 2
MAX_PAYLOAD = 64
MAX_UNREADABLE = 256
"""Bytes of unreadable input kept together as one piece for the quarantine."""
_NO_START = Words("没有起始字节", "no start bytes")
_BROKE_OFF = Words("一帧中断", "a frame broke off")
_BAD = Words("校验或长度不对", "bad check or length")

POLL, EVENT, REPLY = 0x01, 0x02, 0x80


def crc16(data: bytes | bytearray) -> int:
    """CRC-16/MODBUS: polynomial 8005h reflected, from FFFFh (Modbus over serial line 1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


@dataclass(frozen=True, slots=True)
class PerimeterFrame:
    address: int
    function: int
    sequence: int
    payload: bytes = b""

    def encode(self) -> bytes:
        body = bytes((self.address, self.function)) + self.sequence.to_bytes(2) + bytes((len(self.payload),))
        body += self.payload
        return START + body + crc16(body).to_bytes(CHECK, "little")


class PerimeterDecoder:
    """Bytes in, frames out; finds its way back after anything, and never holds more than one frame."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._rubbish = bytearray()
        self._why: Said = ""

    def feed(self, data: bytes) -> list[PerimeterFrame | UnreadableBytes]:
        """What `data` completes. A run of unreadable bytes is told once it has ended or is full."""
        found: list[PerimeterFrame | UnreadableBytes] = []
        for start in range(0, len(data), MAX_PAYLOAD):
            self._buffer += data[start : start + MAX_PAYLOAD]
            found += self._scan(ended=False)
        return found

    def reset(self) -> list[PerimeterFrame | UnreadableBytes]:
        """The line fell silent: no frame goes on, so what waits is read as far as it can be."""
        return [*self._scan(ended=True), *self._told()]

    def _scan(self, *, ended: bool) -> Iterator[PerimeterFrame | UnreadableBytes]:
        buffer = self._buffer
        while buffer:
            start = _next_start(buffer)
            self._throw(start, _NO_START)
            length = _length(buffer)
            if len(buffer) < length:
                if not ended:
                    break
                self._throw(min(1, len(buffer)), _BROKE_OFF)
            elif (frame := _read(buffer[:length])) is None:
                self._throw(1, _BAD)
            else:
                yield from self._told()
                yield frame
                del buffer[:length]
        if len(self._rubbish) >= MAX_UNREADABLE:
            yield from self._told()

    def _throw(self, count: int, why: Words) -> None:
        if count:
            self._why = why if not self._rubbish or why is _BAD else self._why
            self._rubbish += self._buffer[:count]
            del self._buffer[:count]

    def _told(self) -> Iterator[UnreadableBytes]:
        if self._rubbish:
            yield UnreadableBytes(self._why, bytes(self._rubbish))
            self._rubbish.clear()


def _next_start(buffer: bytearray) -> int:
    """Where a frame may begin: at the start bytes, or at a first one whose second is still to come."""
    at = buffer.find(START)
    if at >= 0:
        return at
    return len(buffer) - 1 if buffer[-1] == START[0] else len(buffer)


def _length(buffer: bytearray) -> int:
    """How many bytes the frame at the front needs, as far as can be known yet."""
    if len(buffer) < HEADER:
        return HEADER
    payload = buffer[HEADER - 1]
    return HEADER + (payload if payload <= MAX_PAYLOAD else 0) + CHECK


def _read(data: bytearray) -> PerimeterFrame | None:
    body, check = data[2:-CHECK], data[-CHECK:]
    if data[HEADER - 1] != len(data) - HEADER - CHECK or crc16(body) != int.from_bytes(check, "little"):
        return None
    return PerimeterFrame(data[2], data[3], int.from_bytes(data[4:6]), bytes(data[HEADER:-CHECK]))
