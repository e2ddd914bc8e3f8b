"""Requests, responses and interleaved packets in one byte stream (RFC 2326, 4 to 7 and 10.12)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.errors import BadInput

MAX_HEAD = 16 << 10
MAX_BODY = 256 << 10
MAX_GARBAGE = 64 << 10
"""Bytes in a row that are neither message nor packet before a connection counts as corrupt."""
_DOLLAR = ord("$")
_LAST_CHANNEL = 15
"""Of what is believed to be a packet, unless the camera named a larger one; we ask for 0 and 1."""
_FIRST_WORDS = (
    b"RTSP/", b"HTTP/", b"OPTIONS ", b"DESCRIBE ", b"ANNOUNCE ", b"SETUP ", b"PLAY ", b"PAUSE ", b"RECORD ",
    b"REDIRECT ", b"TEARDOWN ", b"GET_PARAMETER ", b"SET_PARAMETER ",
)  # fmt: skip
"""What a message begins with (RFC 2326, 6.1 and 7.1); HTTP is told apart because a wrong port often speaks it."""
_LONGEST_WORD = max(map(len, _FIRST_WORDS))
_STATUS = re.compile(r"RTSP/\S*\s+(\d{3})\s*(.*)")
_REQUEST = re.compile(r"([A-Z_]+)\s+(\S+)(?:\s+RTSP/\S*)?")
_LINE_END = rb"(?>\r*\n(?:\r(?![\r\n]))?|\r(?!\r*\n))"
"""CR LF; LF alone or LF CR (as FFmpeg, which passes over every CR); CR alone, if no LF follows it."""
_HEAD_END = re.compile(_LINE_END + rb"(?>\r*\n|\r(?!\r*\n))")
_LINE = re.compile(_LINE_END.decode())
_LONE_CR = re.compile(rb"\r[^\r\n]")
_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)

Headers = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class RtspMessage:
    """`headers` by name in small letters, each with all its values."""

    headers: Headers
    body: bytes

    def get(self, name: str) -> str:
        """The first value of a header; empty when there is none."""
        values = self.headers.get(name)
        return values[0] if values else ""

    @property
    def sequence(self) -> int | None:
        """CSeq."""
        said = self.get("cseq")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else None


@dataclass(frozen=True, slots=True)
class RtspResponse(RtspMessage):
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class RtspRequest(RtspMessage):
    method: str
    url: str


InterleavedPacket = tuple[int, bytes]
"""Channel and data of an interleaved packet."""


def encode_message(start: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """A message without a body. No header can smuggle in another."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    return "".join(re.sub(r"[\r\n]", " ", line) + "\r\n" for line in [*lines, ""]).encode()


def encode_interleaved(channel: int, data: bytes) -> bytes:
    return b"$" + bytes((channel,)) + len(data).to_bytes(2) + data


@dataclass(slots=True)
class RtspParser:
    """Bytes as they arrive to what is in them. Finds its way back after garbage, keeps one message at most."""

    garbage: int = 0
    """Bytes in all that were neither message nor packet."""
    last_channel: int = _LAST_CHANNEL
    """A `$` with a greater channel behind it is garbage."""
    _astray: int = 0
    _rest: bytes = field(default=b"", repr=False)

    def feed(self, data: bytes) -> list[InterleavedPacket | RtspMessage]:
        """Raises BadInput when this is no RTSP."""
        data = self._rest + data if self._rest else data
        found: list[InterleavedPacket | RtspMessage] = []
        at, end = 0, len(data)
        while end - at >= 4:
            if data[at] == _DOLLAR and data[at + 1] <= self.last_channel:
                stop = at + 4 + (data[at + 2] << 8 | data[at + 3])
                if stop > end:
                    break
                found.append((data[at + 1], data[at + 4 : stop]))
            else:
                stop = self._other(data, at, found)
                if stop == at:
                    break
            at = stop
        if found:
            self._astray = 0
        self._rest = data[at:]
        return found

    def _other(self, data: bytes, at: int, found: list[InterleavedPacket | RtspMessage]) -> int:
        """Where to go on behind a message or garbage; `at` when more must come first."""
        if not data.startswith(_FIRST_WORDS, at):
            begins = data[at : at + _LONGEST_WORD]
            may_become_one = at + len(begins) == len(data) and any(word.startswith(begins) for word in _FIRST_WORDS)
            return at if may_become_one else self._skip(data, at)
        head_end = _head_end(data, at)
        if head_end is None:
            if len(data) - at >= MAX_HEAD:
                raise BadInput(f"a message's head is longer than {MAX_HEAD >> 10} kB", data[at : at + 200])
            return at
        return _message(data, at, *head_end, found)

    def _skip(self, data: bytes, at: int) -> int:
        """Over line ends between messages, and over garbage to the next thing that may be something."""
        stop = at
        while stop < len(data) and (stop == at or not self._may_begin(data, stop)):
            stop += 1
        if data[at:stop].strip(b"\r\n"):
            self.garbage += stop - at
            self._astray += stop - at
            if self._astray > MAX_GARBAGE:
                raise BadInput(f"more than {MAX_GARBAGE >> 10} kB that are no RTSP", data[at : at + 200])
        return stop

    def _may_begin(self, data: bytes, at: int) -> bool:
        """A packet that looks like RTP or RTCP, or an answer. What can't be told yet may."""
        if data[at] == _DOLLAR:
            start = data[at + 1 : at + 5]
            return (len(start) < 1 or start[0] <= self.last_channel) and (len(start) < 4 or start[3] >> 6 == 2)
        return data[at] == ord("R") and b"RTSP/".startswith(data[at : at + 5])


def _head_end(data: bytes, at: int) -> tuple[int, int] | None:
    """Where a message's head ends and its body begins; None when that has not come yet."""
    found = _HEAD_END.search(data, at, at + MAX_HEAD)
    if found is None:
        return None
    # Where a CR comes last the LF behind it may be on its way, unless this camera ends lines with CR alone.
    ends_with_cr = found.end() == len(data) and data.endswith(b"\r")
    if ends_with_cr and not _LONE_CR.search(data, at, found.start() + 1):
        return None
    return found.start(), found.end()


def _message(data: bytes, at: int, head_end: int, body_at: int, found: list[InterleavedPacket | RtspMessage]) -> int:
    start, *lines = _LINE.split(data[at:head_end].decode("latin-1"))
    headers = _headers(lines)
    stop = body_at + _body_size(headers, data[at:head_end])
    if stop > len(data):
        return at
    found.append(_typed(start, headers, data[body_at:stop]))
    return stop


def _headers(lines: Sequence[str]) -> dict[str, list[str]]:
    """A line that begins with a blank goes on with the one above it (RFC 2616, 2.2)."""
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
    """What is negative or no number is 0, as FFmpeg has it. Of two that differ the larger one counts."""
    numbers = (_NUMBER.match(said) for said in headers.get("content-length", ()))
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
