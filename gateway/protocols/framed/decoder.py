"""Bytes in, frames out, for any frame format. Resynchronises after noise; its buffer is bounded."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.model import Text, Words
from gateway.protocols.framed.frame_format import EscapeSettings, FrameFormat
from gateway.protocols.framed.hex_bytes import to_hex
from gateway.protocols.unreadable import UnreadableBytes

CHUNK_BYTES = 64
"""Bytes added to the buffer at a time, so that it hardly grows beyond one frame."""
MAX_UNREADABLE = 256
"""Consecutive unreadable bytes returned as one item."""
_NO_START = Words("没有起始字节", "no start bytes")


class _InvalidFrame(Exception):
    """The buffer does not begin with a valid frame."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = Words(zh, en)


class FramedDecoder:
    """Returns frames with start and end bytes, unescaped, with a right checksum."""

    def __init__(self, frame: FrameFormat) -> None:
        self._frame = frame
        self._buffer = bytearray()
        self._unreadable = bytearray()
        self._why: Text = ""

    def feed(self, data: bytes) -> list[bytes | UnreadableBytes]:
        """Add received bytes and return what they complete; unreadable bytes once their run ends or is full."""
        found: list[bytes | UnreadableBytes] = []
        for start in range(0, len(data), CHUNK_BYTES):
            self._buffer += data[start : start + CHUNK_BYTES]
            found += self._scan(ended=False)
        return found

    def reset(self) -> list[bytes | UnreadableBytes]:
        """The line fell silent: return what the buffer holds, an incomplete frame as unreadable."""
        return [*self._scan(ended=True), *self._flush_unreadable()]

    def _scan(self, *, ended: bool) -> Iterator[bytes | UnreadableBytes]:
        while self._buffer:
            self._discard(self._next_start(), _NO_START)
            try:
                cut = self._first_frame()
                if cut is None and not ended:
                    break
                if cut is None:
                    raise _InvalidFrame("一帧中断", "a frame broke off")  # noqa: TRY301  # one handler for every invalid frame
            except _InvalidFrame as invalid:
                # Only one byte: the next start bytes may follow within what looked like a frame.
                self._discard(min(1, len(self._buffer)), invalid.why)
                continue
            yield from self._flush_unreadable()
            frame, taken = cut
            yield frame
            del self._buffer[:taken]
        if len(self._unreadable) >= MAX_UNREADABLE:
            yield from self._flush_unreadable()

    def _next_start(self) -> int:
        """Return the offset of the start bytes, or of their beginning at the end of the buffer."""
        start, buffer = self._frame.start, self._buffer
        at = buffer.find(start)
        if at >= 0:
            return at
        return next(
            (
                at
                for at in range(max(0, len(buffer) - len(start) + 1), len(buffer))
                if start.startswith(bytes(buffer[at:]))
            ),
            len(buffer),
        )

    def _first_frame(self) -> tuple[bytes, int] | None:
        """Return the frame at the front and the bytes it took; None if more are needed."""
        frame, buffer = self._frame, self._buffer
        if len(buffer) < len(frame.start):
            return None
        cut = _escaped_frame(frame, frame.escape, buffer) if frame.escape else _unescaped_frame(frame, buffer)
        if cut is None:
            return None
        expected, actual = frame.checksums(cut[0])
        if expected != actual:
            if not actual:  # the frame has no room for a checksum
                raise _InvalidFrame("一帧太短", "it is too short")
            right, wrong = to_hex(expected), to_hex(actual)
            raise _InvalidFrame(f"校验应为 {right}，实为 {wrong}", f"the checksum should be {right} and is {wrong}")
        return cut

    def _discard(self, count: int, why: Words) -> None:
        if count:
            # The first reason counts, but noise before a damaged frame must not hide why that is damaged.
            if not self._unreadable or self._why is _NO_START:
                self._why = why
            self._unreadable += self._buffer[:count]
            del self._buffer[:count]

    def _flush_unreadable(self) -> Iterator[UnreadableBytes]:
        if self._unreadable:
            yield UnreadableBytes(self._why, bytes(self._unreadable))
            self._unreadable.clear()


def _unescaped_frame(frame: FrameFormat, buffer: bytearray) -> tuple[bytes, int] | None:
    total = _frame_size(frame, buffer)
    if total is None and frame.length is None:
        return _frame_to_end(frame, buffer)
    if total is None or len(buffer) < total:
        return None
    return _check_end(frame, bytes(buffer[:total])), total


def _frame_size(frame: FrameFormat, content: bytearray) -> int | None:
    """Return the size of the frame; None if it is not known (yet). Raises _InvalidFrame for an impossible length."""
    if frame.length is None:
        return frame.size
    at, width = frame.length.at, frame.length.width
    if len(content) < at + width:
        return None
    total = int.from_bytes(content[at : at + width], frame.length.order) + frame.length.adjust
    if not max(frame.min_size, at + width) <= total <= frame.longest:
        raise _InvalidFrame(f"标明长度 {total} 字节", f"its length says {total} bytes")
    return total


def _frame_to_end(frame: FrameFormat, buffer: bytearray) -> tuple[bytes, int] | None:
    # From behind the start bytes: in HDLC-like protocols start and end are the same byte.
    found = buffer.find(frame.end, len(frame.start), frame.longest)
    if found < 0:
        if len(buffer) >= frame.longest:
            raise _InvalidFrame(f"{frame.longest} 字节内没有结尾", f"no end within {frame.longest} bytes")
        return None
    total = found + len(frame.end)
    return bytes(buffer[:total]), total


def _check_end(frame: FrameFormat, content: bytes) -> bytes:
    if not content.endswith(frame.end):
        raise _InvalidFrame("末尾不是结束字节", "it does not end with the end bytes")
    return content


def _escaped_frame(frame: FrameFormat, escape: EscapeSettings, buffer: bytearray) -> tuple[bytes, int] | None:
    content, at = bytearray(frame.start), len(frame.start)
    while True:
        total = _frame_size(frame, content)
        if total is not None and len(content) >= total - len(frame.end):
            # The length field counts unescaped bytes, so it is known only after the content up to it is unescaped.
            stop = at + len(frame.end)
            return (_check_end(frame, bytes(content) + bytes(buffer[at:stop])), stop) if len(buffer) >= stop else None
        left = len(buffer) - at
        # The end bytes may have arrived only in part.
        if not left or (left < len(frame.end) and frame.end.startswith(bytes(buffer[at:]))):
            return None
        if total is None and frame.length is None and buffer.startswith(frame.end, at):
            return bytes(content) + frame.end, at + len(frame.end)
        if len(content) >= frame.longest:
            raise _InvalidFrame(f"{frame.longest} 字节内没有结尾", f"no end within {frame.longest} bytes")
        if buffer[at] != escape.byte[0]:
            content.append(buffer[at])
            at += 1
            continue
        if left < 2:
            return None
        byte = escape.unescape(buffer[at + 1])
        if byte is None:
            pair = to_hex(bytes(buffer[at : at + 2]))
            raise _InvalidFrame(f"{pair} 不是转义序列", f"{pair} is no escape")
        content.append(byte)
        at += 2
