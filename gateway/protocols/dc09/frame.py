"""Frames of DC-09 §5.5.1: LF crc 0LLL "id"… CR; `crc` and `LLL` are hex, from the first quote to before CR.

Only a right checksum makes a frame. In the rest panels deviate, and their alarms must still arrive: some send the
checksum as two raw bytes (either of which may be LF or CR), some omit the length or shorten it, some end a frame with
LF or with nothing.
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
"""A raw checksum may look like hex digits: `C8003D` is C800 and length 3D, or the raw bytes `C8` and length 003D."""
_MIN_HEAD_BYTES, _MAX_HEAD_BYTES = 7, 10
"""Bytes: LF, two of the checksum and four of the length; LF, four, four, and the quote."""
_MAX_HEADS = 32
"""Heads tried before a CR. Bounds the time that hostile input can take."""
_MAX_ENDS = 4
"""LFs tried as the end of a body without a length."""
_BLANK = b"\r\n\t \0"


def checksum(body: bytes) -> int:
    """Return the CRC-16/ARC (polynomial 0x8005 reflected, initial value 0): `123456789` gives 0xBB3D."""
    return int(fastcrc.crc16.arc(body))


def wrap(body: bytes) -> bytes:
    """Return the frame of a body, by the standard."""
    return b"\n%04X%04X%s\r" % (checksum(body), len(body), body)


@dataclass(frozen=True, slots=True)
class _Found:
    """The first item of the buffer. A frame's body, unreadable bytes, or None for blanks."""

    front: bytes
    """Bytes before the item."""
    item: bytes | UnreadableBytes | None
    end: int
    """Offset behind the item."""


class Dc09Decoder:
    """Splits a stream into the bodies of valid frames and unreadable bytes, in order.

    A frame is returned as soon as it is complete. What is no frame by the next CR is unreadable. Buffers at most one
    frame. The sender of unreadable bytes gets no answer (§5.5.1.2).
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes | UnreadableBytes]:
        """Add bytes as they were received, and return what they complete."""
        self._buffer += chunk
        yield from self._take()
        if len(self._buffer) > MAX_FRAME_BYTES + 1:
            yield self._discard()

    def close(self) -> Iterator[bytes | UnreadableBytes]:
        """The connection or datagram ended: return what is left as unreadable."""
        if self._buffer.strip(_BLANK):
            yield UnreadableBytes(Words("一帧没有结尾", "a frame without its end"), bytes(self._buffer))
        self._buffer.clear()

    def _take(self) -> Iterator[bytes | UnreadableBytes]:
        data = b"\n%s" % self._buffer  # the LF of the next frame may be missing
        while found := _first(data):
            if found.front.strip(_BLANK):
                yield UnreadableBytes(Words("帧之前有多余字节", "bytes in front of a frame"), found.front.lstrip(b"\n"))
            if found.item is not None:
                yield found.item
            data = b"\n%s" % data[found.end :]
        self._buffer[:] = data[1:]

    def _discard(self) -> UnreadableBytes:
        """Drop everything but what may be the beginning of a frame."""
        start = self._buffer.rfind(LF, max(1, len(self._buffer) - MAX_FRAME_BYTES))
        cut = start if start > 0 else len(self._buffer)
        discarded = bytes(self._buffer[:cut])
        del self._buffer[:cut]
        zh, en = f"超过 {MAX_FRAME_BYTES} 字节仍无结尾", f"more than {MAX_FRAME_BYTES} bytes without an end"
        return UnreadableBytes(Words(zh, en), discarded)


def _first(data: bytes) -> _Found | None:
    """Return the first frame, or what can't be one; None if more bytes are needed. `data` begins with an LF."""
    stop = _stop(data)
    for head in _heads(data, len(data) if stop < 0 else stop):
        for end in _ends(data, head, stop):
            body = data[head.end() : end]
            if body and _checksum_matches(head, checksum(body)):
                # The CR is optional: some panels end frames with LF or with nothing.
                return _Found(data[: head.start()], body, end + data.startswith(b"\r", end))
    if stop < 0:  # no CR yet: a frame that has begun may still be completed
        return None
    return _unreadable(data[:stop], stop + 1)


def _stop(data: bytes) -> int:
    """Return the offset of the first CR that is an end and not half of a raw checksum; -1 if there is none."""
    at = data.find(CR)
    while at >= 0:
        # One or two bytes after an LF, a CR may be a byte of a raw checksum.
        if not any(_may_be_head(data, lf) for lf in (at - 1, at - 2) if lf >= 0 and data[lf] == LF):
            return at
        at = data.find(CR, at + 1)
    return -1


def _may_be_head(data: bytes, lf: int) -> bool:
    head = _HEAD.match(data, lf)
    if head is None:
        return len(data) - lf <= _MIN_HEAD_BYTES  # too few bytes yet to tell
    return head["raw"] is not None


def _heads(data: bytes, stop: int) -> Iterator[re.Match[bytes]]:
    """Return all candidates for a head, overlapping ones too: an earlier one may be a coincidence."""

    def found() -> Iterator[re.Match[bytes]]:
        at = 0
        while (head := _HEAD.search(data, at, stop + _MAX_HEAD_BYTES)) and head.start() < stop:
            yield head
            if head["hex"] is not None and (raw := _RAW_HEAD.match(data, head.start())):
                yield raw
            at = head.start() + 1

    return itertools.islice(found(), _MAX_HEADS)


def _ends(data: bytes, head: re.Match[bytes], stop: int) -> Iterator[int]:
    if head["length"] is not None:
        end = head.end() + int(head["length"], 16)
        return iter((end,) if end <= len(data) else ())
    # Without a length the body ends at an LF, at the CR, or with the segment: the checksum decides.
    last = len(data) if stop < 0 else stop
    lines = (at.start() for at in re.finditer(rb"\n", data[:last]) if at.start() >= head.end())
    return itertools.chain(itertools.islice(lines, _MAX_ENDS), (last,))


def _checksum_matches(head: re.Match[bytes], crc: int) -> bool:
    """Compare in both byte orders: some panels send the raw checksum low byte first."""
    raw: bytes = head["raw"] if head["hex"] is None else bytes.fromhex(head["hex"].decode())
    return crc in {int.from_bytes(raw, "big"), int.from_bytes(raw, "little")}


def _unreadable(line: bytes, end: int) -> _Found:
    """Describe the bytes up to a CR: what follows the last LF is treated as a damaged frame."""
    front, _, frame = line.rpartition(b"\n")
    if not frame.strip(_BLANK):
        return _Found(front, None, end)
    head = _HEAD.match(b"\n" + frame)
    if head is None:
        why = Words("开头没有校验和与长度", "no checksum and length at its beginning")
        return _Found(front, UnreadableBytes(why, frame), end)
    return _Found(front, UnreadableBytes(_mistake(head, frame[head.end() - 1 :]), frame), end)


def _mistake(head: re.Match[bytes], body: bytes) -> Words:
    if head["length"] is not None and (stated := int(head["length"], 16)) != (actual := len(body)):
        return Words(f"标明长度 {stated}，实收 {actual}", f"its length says {stated} and {actual} came")
    received = (head["hex"] or head["raw"].hex().upper().encode()).decode()
    expected = f"{checksum(body):04X}"
    return Words(f"校验和为 {received}，应为 {expected}", f"its checksum is {received} and should be {expected}")
