"""Bytes in, frames out, for any framing of frame.py; finds its way back after anything, and stays small."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.model import Said, Words
from gateway.protocols.framed.frame_format import EscapeSettings, FrameFormat
from gateway.protocols.framed.hex_bytes import to_hex
from gateway.protocols.unreadable import UnreadableBytes

CHUNK_BYTES = 64
"""Bytes taken in at once, so that what waits stays near one frame."""
MAX_UNREADABLE = 256
"""Bytes of unreadable input kept together as one piece for the quarantine."""
_NO_START = Words("没有起始字节", "no start bytes")


class _Misfit(Exception):
    """What stands at the front is no frame."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.why = Words(zh, en)


class FramedDecoder:
    """Gives frames with start and end, unescaped, their checksum right."""

    def __init__(self, frame: FrameFormat) -> None:
        self._frame = frame
        self._buffer = bytearray()
        self._rubbish = bytearray()
        self._why: Said = ""

    def feed(self, data: bytes) -> list[bytes | UnreadableBytes]:
        """What `data` completes. A run of unreadable bytes is told once it has ended or is full."""
        found: list[bytes | UnreadableBytes] = []
        for start in range(0, len(data), CHUNK_BYTES):
            self._buffer += data[start : start + CHUNK_BYTES]
            found += self._scan(ended=False)
        return found

    def reset(self) -> list[bytes | UnreadableBytes]:
        """The line fell silent: no frame goes on, so what waits is read as far as it can be."""
        return [*self._scan(ended=True), *self._told()]

    def _scan(self, *, ended: bool) -> Iterator[bytes | UnreadableBytes]:
        while self._buffer:
            self._throw(self._next_start(), _NO_START)
            try:
                cut = self._cut()
                if cut is None and not ended:
                    break
                if cut is None:
                    raise _Misfit("一帧中断", "a frame broke off")  # noqa: TRY301  # one way out for all that does not fit
            except _Misfit as misfit:
                self._throw(min(1, len(self._buffer)), misfit.why)
                continue
            yield from self._told()
            frame, taken = cut
            yield frame
            del self._buffer[:taken]
        if len(self._rubbish) >= MAX_UNREADABLE:
            yield from self._told()

    def _next_start(self) -> int:
        """Where a frame may begin: at the start bytes, or at the first of them whose rest is still to come."""
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

    def _cut(self) -> tuple[bytes, int] | None:
        """The frame at the front and the bytes it took; None while some are to come."""
        frame, buffer = self._frame, self._buffer
        if len(buffer) < len(frame.start):
            return None
        cut = _escaped(frame, frame.escape, buffer) if frame.escape else _plain(frame, buffer)
        if cut is None:
            return None
        must, stands = frame.proof(cut[0])
        if must != stands:
            if not stands:
                raise _Misfit("一帧太短", "it is too short")
            right, wrong = to_hex(must), to_hex(stands)
            raise _Misfit(f"校验应为 {right}，实为 {wrong}", f"the checksum should be {right} and is {wrong}")
        return cut

    def _throw(self, count: int, why: Words) -> None:
        if count:
            if not self._rubbish or self._why is _NO_START:
                self._why = why
            self._rubbish += self._buffer[:count]
            del self._buffer[:count]

    def _told(self) -> Iterator[UnreadableBytes]:
        if self._rubbish:
            yield UnreadableBytes(self._why, bytes(self._rubbish))
            self._rubbish.clear()


def _plain(frame: FrameFormat, buffer: bytearray) -> tuple[bytes, int] | None:
    total = _total(frame, buffer)
    if total is None and frame.length is None:
        return _to_end(frame, buffer)
    if total is None or len(buffer) < total:
        return None
    return _ended(frame, bytes(buffer[:total])), total


def _total(frame: FrameFormat, content: bytearray) -> int | None:
    """How many bytes the frame has; None: not known (yet). Raises _Misfit for what can't be."""
    if frame.length is None:
        return frame.size
    at, width = frame.length.at, frame.length.width
    if len(content) < at + width:
        return None
    total = int.from_bytes(content[at : at + width], frame.length.order) + frame.length.adjust
    if not max(frame.least, at + width) <= total <= frame.longest:
        raise _Misfit(f"标明长度 {total} 字节", f"its length says {total} bytes")
    return total


def _to_end(frame: FrameFormat, buffer: bytearray) -> tuple[bytes, int] | None:
    found = buffer.find(frame.end, len(frame.start), frame.longest)
    if found < 0:
        if len(buffer) >= frame.longest:
            raise _Misfit(f"{frame.longest} 字节内没有结尾", f"no end within {frame.longest} bytes")
        return None
    total = found + len(frame.end)
    return bytes(buffer[:total]), total


def _ended(frame: FrameFormat, content: bytes) -> bytes:
    if not content.endswith(frame.end):
        raise _Misfit("末尾不是结束字节", "it does not end with the end bytes")
    return content


def _escaped(frame: FrameFormat, escape: EscapeSettings, buffer: bytearray) -> tuple[bytes, int] | None:
    content, at = bytearray(frame.start), len(frame.start)
    while True:
        total = _total(frame, content)
        if total is not None and len(content) >= total - len(frame.end):
            stop = at + len(frame.end)
            return (_ended(frame, bytes(content) + bytes(buffer[at:stop])), stop) if len(buffer) >= stop else None
        left = len(buffer) - at
        if not left or (left < len(frame.end) and frame.end.startswith(bytes(buffer[at:]))):
            return None
        if total is None and frame.length is None and buffer.startswith(frame.end, at):
            return bytes(content) + frame.end, at + len(frame.end)
        if len(content) >= frame.longest:
            raise _Misfit(f"{frame.longest} 字节内没有结尾", f"no end within {frame.longest} bytes")
        if buffer[at] != escape.byte[0]:
            content.append(buffer[at])
            at += 1
            continue
        if left < 2:
            return None
        meant = escape.meaning(buffer[at + 1])
        if meant is None:
            pair = to_hex(bytes(buffer[at : at + 2]))
            raise _Misfit(f"{pair} 不是转义序列", f"{pair} is no escape")
        content.append(meant)
        at += 2
