"""Frames of DC-09 §5.5.1: LF crc 0LLL "id"… CR; `crc` and `LLL` are hex, over all from the first quote to before CR.

The checksum is what makes a frame. Beside it hosts differ, and their alarms must come in: some write the checksum
as two bytes (either may be LF or CR), some leave the length out or shorten it, some end a frame with LF or not at all.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

import fastcrc

from gateway.model import Words
from gateway.protocols.unreadable import UnreadableBytes

LF, CR = 0x0A, 0x0D
HEADER_BYTES = 8
"""Bytes before the body, by the standard: four of the checksum, `0`, three of the length."""
MAX_BODY_BYTES = 0xFFF
MAX_FRAME_BYTES = HEADER_BYTES + MAX_BODY_BYTES
_LENGTH = rb'(?P<length>[0-9A-Fa-f]{2,4})?(?=")'
_HEAD = re.compile(rb"\n(?:(?P<hex>[0-9A-Fa-f]{4})|(?P<raw>[\s\S]{2}))" + _LENGTH)
_RAW_HEAD = re.compile(rb"\n(?P<hex>(?!))?(?P<raw>[\s\S]{2})" + _LENGTH)
"""Two bytes of a checksum may look like digits: `C8003D` is C800 and 3D, or the bytes of `C8` and 003D."""
_SHORTEST_HEAD, _LONGEST_HEAD = 7, 10
"""LF, two bytes and four digits, in front of a quote; LF, four digits, four digits, and the quote."""
_MOST_HEADS = 32
"""Tried before a CR."""
_MOST_ENDS = 4
"""LFs at which a body without a length is tried to end."""
_BLANK = b"\r\n\t \0"


def checksum(body: bytes) -> int:
    """CRC-16/ARC (polynomial 0x8005 reflected, from 0): `123456789` gives 0xBB3D."""
    return int(fastcrc.crc16.arc(body))


def wrap(body: bytes) -> bytes:
    """The frame of a body."""
    return b"\n%04X%04X%s\r" % (checksum(body), len(body), body)


@dataclass(frozen=True, slots=True)
class _Found:
    """`front` is what stood before it, `end` where the rest begins."""

    front: bytes
    item: bytes | UnreadableBytes | None
    end: int


class Dc09Decoder:
    """Bytes as they come → the bodies of whole, right frames, and what could not be read, in order.

    A frame is given as soon as it is whole. What is none by the next CR is unreadable. It holds one frame's length
    at most.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes | UnreadableBytes]:
        """Take a chunk in; gives what it completes."""
        self._buffer += chunk
        yield from self._take()
        if len(self._buffer) > MAX_FRAME_BYTES + 1:
            yield self._make_room()

    def close(self) -> Iterator[bytes | UnreadableBytes]:
        """The line or the datagram ended: what is left will never be whole."""
        if self._buffer.strip(_BLANK):
            yield UnreadableBytes(Words("一帧没有结尾", "a frame without its end"), bytes(self._buffer))
        self._buffer.clear()

    def _take(self) -> Iterator[bytes | UnreadableBytes]:
        data = b"\n%s" % self._buffer  # where a frame ended, the LF of the next may be missing
        while found := _first(data):
            if found.front.strip(_BLANK):
                yield UnreadableBytes(Words("帧之前有多余字节", "bytes in front of a frame"), found.front.lstrip(b"\n"))
            if found.item is not None:
                yield found.item
            data = b"\n%s" % data[found.end :]
        self._buffer[:] = data[1:]

    def _make_room(self) -> UnreadableBytes:
        """Give up all but what may be the beginning of a frame."""
        start = self._buffer.rfind(LF, max(1, len(self._buffer) - MAX_FRAME_BYTES))
        cut = start if start > 0 else len(self._buffer)
        lost = bytes(self._buffer[:cut])
        del self._buffer[:cut]
        return UnreadableBytes(
            Words(f"超过 {MAX_FRAME_BYTES} 字节仍无结尾", f"more than {MAX_FRAME_BYTES} bytes without an end"), lost
        )


def _first(data: bytes) -> _Found | None:
    """The first frame in it, or what can't be one; None: more has to come. `data` begins with an LF."""
    stop = _stop(data)
    for head in _heads(data, len(data) if stop < 0 else stop):
        for end in _ends(data, head, stop):
            body = data[head.end() : end]
            if body and _proves(head, checksum(body)):
                return _Found(data[: head.start()], body, end + data.startswith(b"\r", end))
    if stop < 0:
        return None
    return _unreadable(data[:stop], stop + 1)


def _stop(data: bytes) -> int:
    """Where the first CR is that ends something, and is no half of a checksum; -1 where there is none."""
    at = data.find(CR)
    while at >= 0:
        if not any(_may_be_head(data, lf) for lf in (at - 1, at - 2) if lf >= 0 and data[lf] == LF):
            return at
        at = data.find(CR, at + 1)
    return -1


def _may_be_head(data: bytes, lf: int) -> bool:
    head = _HEAD.match(data, lf)
    if head is None:
        return len(data) - lf <= _SHORTEST_HEAD  # it may become one
    return head["raw"] is not None


def _heads(data: bytes, stop: int) -> Iterator[re.Match[bytes]]:
    """Also those that begin within one another: the one in front may be chance."""

    def found() -> Iterator[re.Match[bytes]]:
        at = 0
        while (head := _HEAD.search(data, at, stop + _LONGEST_HEAD)) and head.start() < stop:
            yield head
            if head["hex"] is not None and (raw := _RAW_HEAD.match(data, head.start())):
                yield raw
            at = head.start() + 1

    return itertools.islice(found(), _MOST_HEADS)


def _ends(data: bytes, head: re.Match[bytes], stop: int) -> Iterator[int]:
    if head["length"] is not None:
        end = head.end() + int(head["length"], 16)
        return iter((end,) if end <= len(data) else ())
    last = len(data) if stop < 0 else stop
    lines = (at.start() for at in re.finditer(rb"\n", data[:last]) if at.start() >= head.end())
    return itertools.chain(itertools.islice(lines, _MOST_ENDS), (last,))


def _proves(head: re.Match[bytes], crc: int) -> bool:
    """Either byte first: hosts write what lies in their memory."""
    raw: bytes = head["raw"] if head["hex"] is None else bytes.fromhex(head["hex"].decode())
    return crc in {int.from_bytes(raw, "big"), int.from_bytes(raw, "little")}


def _unreadable(piece: bytes, end: int) -> _Found:
    """`piece` up to a CR: what it holds after its last LF is told as a frame."""
    front, _, frame = piece.rpartition(b"\n")
    if not frame.strip(_BLANK):
        return _Found(front, None, end)
    head = _HEAD.match(b"\n" + frame)
    if head is None:
        why = Words("开头没有校验和与长度", "no checksum and length at its beginning")
        return _Found(front, UnreadableBytes(why, frame), end)
    return _Found(front, UnreadableBytes(_mistake(head, frame[head.end() - 1 :]), frame), end)


def _mistake(head: re.Match[bytes], body: bytes) -> Words:
    if head["length"] is not None and (said := int(head["length"], 16)) != (came := len(body)):
        return Words(f"标明长度 {said}，实收 {came}", f"its length says {said} and {came} came")
    stands = (head["hex"] or head["raw"].hex().upper().encode()).decode()
    must = f"{checksum(body):04X}"
    return Words(f"校验和为 {stands}，应为 {must}", f"its checksum is {stands} and should be {must}")
