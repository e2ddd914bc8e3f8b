"""Parses requests, responses and interleaved packets of one byte stream (RFC 2326, 4 to 7 and 10.12)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.errors import BadInput

MAX_HEAD = 16 << 10
MAX_BODY = 256 << 10
MAX_GARBAGE = 64 << 10
"""Bytes in a row that are neither message nor packet, after which a connection counts as corrupt."""
_DOLLAR = ord("$")
_LAST_CHANNEL = 15
"""Highest channel of a valid packet, unless the camera announced a higher one; we ask for 0 and 1."""
_FIRST_WORDS = (
    b"RTSP/", b"HTTP/", b"OPTIONS ", b"DESCRIBE ", b"ANNOUNCE ", b"SETUP ", b"PLAY ", b"PAUSE ", b"RECORD ",
    b"REDIRECT ", b"TEARDOWN ", b"GET_PARAMETER ", b"SET_PARAMETER ",
)  # fmt: skip
"""What a message begins with (RFC 2326, 6.1 and 7.1). HTTP is recognised because a wrong port often speaks it."""
_MAX_WORD = max(map(len, _FIRST_WORDS))
_STATUS = re.compile(r"RTSP/\S*\s+(\d{3})\s*(.*)")
_REQUEST = re.compile(r"([A-Z_]+)\s+(\S+)(?:\s+RTSP/\S*)?")
_LINE_END = rb"(?>\r*\n(?:\r(?![\r\n]))?|\r(?!\r*\n))"
"""CR LF; LF alone or LF CR (like FFmpeg, which ignores every CR); CR alone, if no LF follows it."""
_HEAD_END = re.compile(_LINE_END + rb"(?>\r*\n|\r(?!\r*\n))")
_LINE = re.compile(_LINE_END.decode())
_LONE_CR = re.compile(rb"\r[^\r\n]")
_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)

Headers = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class RtspMessage:
    """`headers` by name in lower case, each with all its values."""

    headers: Headers
    body: bytes

    def get(self, name: str) -> str:
        """The first value of a header; empty when there is none."""
        values = self.headers.get(name)
        return values[0] if values else ""

    @property
    def sequence(self) -> int | None:
        """CSeq; None when it is missing or no number."""
        value = self.get("cseq")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None


@dataclass(frozen=True, slots=True)
class RtspResponse(RtspMessage):
    """`reason` is the text behind the status code, cut off at 100 characters."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class RtspRequest(RtspMessage):
    """A request of the camera to us."""

    method: str
    url: str


InterleavedPacket = tuple[int, bytes]
"""Channel and data of an interleaved packet."""


def encode_message(start: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """A message without a body. Line breaks in values are replaced, so that none can inject a header."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    return "".join(re.sub(r"[\r\n]", " ", line) + "\r\n" for line in [*lines, ""]).encode()


def encode_interleaved(channel: int, data: bytes) -> bytes:
    """A packet in the RTSP connection: `$`, channel, length in two bytes, data (RFC 2326, 10.12)."""
    return b"$" + bytes((channel,)) + len(data).to_bytes(2) + data


@dataclass(slots=True)
class RtspParser:
    """Parses bytes as they arrive. Resynchronises after garbage, buffers one message at most."""

    garbage: int = 0
    """Bytes that were neither message nor packet, in all."""
    last_channel: int = _LAST_CHANNEL
    """A `$` followed by a greater channel is garbage."""
    _garbage_run: int = 0
    _buffer: bytes = field(default=b"", repr=False)

    def feed(self, data: bytes) -> list[InterleavedPacket | RtspMessage]:
        """The packets and messages that `data` completes, in order. Raises BadInput when this is no RTSP."""
        data = self._buffer + data if self._buffer else data
        found: list[InterleavedPacket | RtspMessage] = []
        at, end = 0, len(data)
        while end - at >= 4:
            # The common case first: nearly all data are interleaved packets.
            if data[at] == _DOLLAR and data[at + 1] <= self.last_channel:
                stop = at + 4 + (data[at + 2] << 8 | data[at + 3])  # 4: `$`, channel, length
                if stop > end:
                    break
                found.append((data[at + 1], data[at + 4 : stop]))
            else:
                stop = self._parse_other(data, at, found)
                if stop == at:
                    break
            at = stop
        if found:
            self._garbage_run = 0
        self._buffer = data[at:]
        return found

    def _parse_other(self, data: bytes, at: int, found: list[InterleavedPacket | RtspMessage]) -> int:
        """Parse a message or skip garbage; gives where to continue, or `at` when more data must come first."""
        if not data.startswith(_FIRST_WORDS, at):
            begins = data[at : at + _MAX_WORD]
            may_become_one = at + len(begins) == len(data) and any(word.startswith(begins) for word in _FIRST_WORDS)
            # The start of a message may be cut off at the end of the data.
            return at if may_become_one else self._skip(data, at)
        head_end = _head_end(data, at)
        if head_end is None:
            if len(data) - at >= MAX_HEAD:
                raise BadInput(f"a message's head is longer than {MAX_HEAD >> 10} kB", data[at : at + 200])
            return at
        return _message(data, at, *head_end, found)

    def _skip(self, data: bytes, at: int) -> int:
        """Skip line ends between messages, and garbage up to what may be a packet or a message."""
        stop = at
        while stop < len(data) and (stop == at or not self._may_begin(data, stop)):
            stop += 1
        if data[at:stop].strip(b"\r\n"):
            self.garbage += stop - at
            self._garbage_run += stop - at
            if self._garbage_run > MAX_GARBAGE:
                raise BadInput(f"more than {MAX_GARBAGE >> 10} kB that are no RTSP", data[at : at + 200])
        return stop

    def _may_begin(self, data: bytes, at: int) -> bool:
        """Whether a packet (RTP or RTCP) or a response may begin here; True when that can't be decided yet."""
        if data[at] == _DOLLAR:
            start = data[at + 1 : at + 5]
            return (len(start) < 1 or start[0] <= self.last_channel) and (len(start) < 4 or start[3] >> 6 == 2)
        return data[at] == ord("R") and b"RTSP/".startswith(data[at : at + 5])


def _head_end(data: bytes, at: int) -> tuple[int, int] | None:
    """Where a message's head ends and its body begins; None when the head is not complete."""
    found = _HEAD_END.search(data, at, at + MAX_HEAD)
    if found is None:
        return None
    # After a final CR its LF may still be under way, unless this camera ends lines with CR alone.
    ends_with_cr = found.end() == len(data) and data.endswith(b"\r")
    if ends_with_cr and not _LONE_CR.search(data, at, found.start() + 1):
        return None
    return found.start(), found.end()


def _message(data: bytes, at: int, head_end: int, body_at: int, found: list[InterleavedPacket | RtspMessage]) -> int:
    start, *lines = _LINE.split(data[at:head_end].decode("latin-1"))
    headers = _headers(lines)
    stop = body_at + _body_size(headers, data[at:head_end])  # raises before a huge body is buffered
    if stop > len(data):
        return at
    found.append(_typed(start, headers, data[body_at:stop]))
    return stop


def _headers(lines: Sequence[str]) -> dict[str, list[str]]:
    """A line that begins with a blank continues the one above it (RFC 2616, 2.2)."""
    headers: dict[str, list[str]] = {}
    values: list[str] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"} and values:
            values[-1] = f"{values[-1]} {line.strip()}".strip()
        elif colon:
            values = headers.setdefault(name.strip().lower(), [])
            values.append(value.strip())
    return headers


def _body_size(headers: Headers, head: bytes) -> int:
    """Content-Length; 0 where it is negative or no number, like FFmpeg. Of several the largest one counts."""
    numbers = (_NUMBER.match(value) for value in headers.get("content-length", ()))
    size = max((int(number[0][:12]) for number in numbers if number), default=0)
    if size > MAX_BODY:
        raise BadInput(f"a message says its body is {size} bytes long; {MAX_BODY} are taken", head)
    return max(0, size)


def _typed(start: str, headers: Headers, body: bytes) -> RtspMessage:
    if status := _STATUS.match(start):
        return RtspResponse(headers, body, int(status[1]), status[2].strip()[:100])
    if request := _REQUEST.fullmatch(start):
        return RtspRequest(headers, body, request[1], request[2])
    if start.startswith("HTTP/"):
        raise BadInput("what answers speaks HTTP and not RTSP: is it the right port?", start.encode())
    raise BadInput("a message begins with a line that is no RTSP", start.encode())
