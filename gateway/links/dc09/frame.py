"""Frames of DC-09 §5.5.1: LF crc 0LLL "id"… CR; `crc` and `LLL` are hex, over all from the first quote to before CR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Words

LF, CR = 0x0A, 0x0D
HEAD = 8
"""Bytes before the body: four of the checksum, `0`, three of the length."""
LONGEST_BODY = 0xFFF
LONGEST = HEAD + LONGEST_BODY
_HEX = frozenset(b"0123456789ABCDEFabcdef")


def _row(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


_TABLE = tuple(_row(value) for value in range(256))


def checksum(body: bytes) -> int:
    """CRC-16/ARC (polynomial 0x8005 reflected, from 0): `123456789` gives 0xBB3D."""
    crc = 0
    for byte in body:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def wrap(body: bytes) -> bytes:
    """The frame of a body."""
    return b"\n%04X%04X%s\r" % (checksum(body), len(body), body)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that are no frame; by the standard (§5.5.1.2) their sender is not answered."""

    why: Words
    data: bytes


class Decoder:
    """Bytes as they come → the bodies of whole, right frames, and what could not be read, in order.

    A frame ends at CR and begins after the last LF before it. It holds one frame's length at most.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes | Unreadable]:
        """Take a chunk in; gives what it completes."""
        self._buffer += chunk
        begin = 0
        while (end := self._buffer.find(CR, begin)) >= 0:
            yield from _split(bytes(self._buffer[begin:end]))
            begin = end + 1
        del self._buffer[:begin]
        if len(self._buffer) > LONGEST + 1:
            yield self._make_room()

    def close(self) -> Iterator[Unreadable]:
        """The line or the datagram ended: what is left will never be whole."""
        if self._buffer.strip():
            yield Unreadable(Words("一帧没有结尾", "a frame without its end"), bytes(self._buffer))
        self._buffer.clear()

    def _make_room(self) -> Unreadable:
        """Give up all but what may be the beginning of a frame."""
        start = self._buffer.rfind(LF, max(1, len(self._buffer) - LONGEST))
        cut = start if start > 0 else len(self._buffer)
        lost = bytes(self._buffer[:cut])
        del self._buffer[:cut]
        return Unreadable(Words(f"超过 {LONGEST} 字节仍无结尾", f"more than {LONGEST} bytes without an end"), lost)


def _split(piece: bytes) -> Iterator[bytes | Unreadable]:
    front, _, frame = piece.rpartition(b"\n")
    if front.strip(b"\r\n\t \0"):
        yield Unreadable(Words("帧之前有多余字节", "bytes in front of a frame"), front)
    if frame.strip(b"\r\n\t \0"):
        yield _body(frame)


def _body(frame: bytes) -> bytes | Unreadable:
    head, body = frame[:HEAD], frame[HEAD:]
    if len(head) < HEAD or not _HEX.issuperset(head) or head[4] != ord("0"):
        return Unreadable(Words("开头没有校验和与长度", "no checksum and length at its beginning"), frame)
    if int(head[4:], 16) != len(body):
        said, came = int(head[4:], 16), len(body)
        why = Words(f"标明长度 {said}，实收 {came}", f"its length says {said} and {came} came")
        return Unreadable(why, frame)
    if int(head[:4], 16) != checksum(body):
        stands, must = head[:4].decode(), f"{checksum(body):04X}"
        why = Words(f"校验和为 {stands}，应为 {must}", f"its checksum is {stands} and should be {must}")
        return Unreadable(why, frame)
    return body
