"""Splits a TCP stream into messages: with a byte count (`57 <34>1 …`) or ended by a newline (RFC 6587).

The first byte of a message decides which. A NUL ends a line as well: some senders write it instead (3.4.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_MESSAGE_BYTES = 8192
"""Bytes of a message: four times the 2048 that every receiver should accept (RFC 5424, 6.1)."""
_MAX_COUNT_DIGITS = 6
_END = re.compile(rb"[\n\0]")


@dataclass(frozen=True, slots=True)
class OverlongMessage:
    """The first MAX_MESSAGE_BYTES of a message that is too long; the rest is dropped."""

    head: bytes


class SyslogStreamDecoder:
    """Bytes in, messages out; buffers at most one message."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skip_bytes = 0
        self._skip_line = False

    def feed(self, data: bytes) -> list[bytes | OverlongMessage]:
        """Add received bytes and return the messages they complete; empty lines are skipped."""
        found: list[bytes | OverlongMessage] = []
        for start in range(0, len(data), MAX_MESSAGE_BYTES):
            self._buffer += data[start : start + MAX_MESSAGE_BYTES]
            found += self._scan()
        return found

    def end(self) -> list[bytes | OverlongMessage]:
        """The connection ended: return the buffer as the last message, unless it is part of a counted one."""
        last = bytes(self._buffer).strip(b"\r\n\0 ")
        counted = self._skip_line or self._skip_bytes or (last and self._count() is not None)
        self._buffer.clear()
        return [last] if last and not counted else []

    def _scan(self) -> Iterator[bytes | OverlongMessage]:
        while self._buffer:
            if self._skip_bytes or self._skip_line:
                if not self._skipped():
                    return
                continue
            count = self._count()
            taken = self._line() if count is None else self._counted(*count)
            if taken is None:
                return
            if taken:
                yield taken

    def _count(self) -> tuple[int, int] | None:
        """Return length and offset of the counted message at the front; None if the front is a line."""
        head = bytes(self._buffer[: _MAX_COUNT_DIGITS + 2])
        digits, blank, after = head.partition(b" ")
        if (
            not digits.isdigit()
            or digits[:1] == b"0"
            or len(digits) > _MAX_COUNT_DIGITS
            or after[:1] not in {b"", b"<"}
        ):
            return None
        # Without the blank the count is still incomplete: a maximum makes `_counted` wait for more.
        return (int(digits), len(digits) + 1) if blank else (MAX_MESSAGE_BYTES, len(head))

    def _counted(self, length: int, start: int) -> bytes | OverlongMessage | None:
        buffer = self._buffer
        if length > MAX_MESSAGE_BYTES:
            head = bytes(buffer[start : start + MAX_MESSAGE_BYTES])
            self._skip_bytes = start + length
            return OverlongMessage(head)
        if len(buffer) < start + length or b" " not in buffer[:start]:
            return None
        message = bytes(buffer[start : start + length])
        del buffer[: start + length]
        return message

    def _line(self) -> bytes | OverlongMessage | None:
        buffer = self._buffer
        end = _end_of(buffer)
        if end < 0 and len(buffer) <= MAX_MESSAGE_BYTES:
            return None
        if end < 0 or end > MAX_MESSAGE_BYTES:
            self._skip_line = True  # the buffer is kept: `_skipped` looks for the end of the line in it
            return OverlongMessage(bytes(buffer[:MAX_MESSAGE_BYTES]))
        line = bytes(buffer[:end]).strip(b"\r\0 ")
        del buffer[: end + 1]
        return line

    def _skipped(self) -> bool:
        """Drop the rest of an overlong message; return True once all of it is gone."""
        buffer = self._buffer
        if self._skip_line:
            end = _end_of(buffer)
            self._skip_line = end < 0
            del buffer[: len(buffer) if end < 0 else end + 1]
        else:
            dropped = min(self._skip_bytes, len(buffer))
            self._skip_bytes -= dropped
            del buffer[:dropped]
        return not (self._skip_line or self._skip_bytes)


def _end_of(buffer: bytearray) -> int:
    """Return the offset of the first line end; -1 if there is none yet."""
    found = _END.search(buffer)
    return found.start() if found else -1
