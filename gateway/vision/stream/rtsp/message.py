"""Requests, responses and interleaved packets in one byte stream (RFC 2326, 4 to 7 and 10.12)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.errors import BadInput

MAX_HEAD = 16 << 10
MAX_BODY = 256 << 10
MAX_GARBAGE = 64 << 10
"""Bytes that are neither message nor packet, in all, before a connection counts as corrupt."""
_DOLLAR = ord("$")
_LAST_CHANNEL = 15
"""Of what is believed to be a packet while looking for one in garbage; we ask for 0 and 1."""
_WORD = re.compile(rb"[A-Z_]{1,20}")
_STATUS = re.compile(r"RTSP/\d\.\d +(\d{3}) *(.*)")
_REQUEST = re.compile(r"([A-Z_]+) +(\S+) +RTSP/\d\.\d")

Headers = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Message:
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
class Response(Message):
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Request(Message):
    method: str
    url: str


Packet = tuple[int, bytes]
"""Channel and data of an interleaved packet."""


def written(start: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """A message without a body. No header can smuggle in another."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    return "".join(re.sub(r"[\r\n]", " ", line) + "\r\n" for line in [*lines, ""]).encode()


def interleaved(channel: int, data: bytes) -> bytes:
    return b"$" + bytes((channel,)) + len(data).to_bytes(2) + data


@dataclass(slots=True)
class Reader:
    """Bytes as they arrive to what is in them. Finds its way back after garbage, keeps one message at most."""

    garbage: int = 0
    _rest: bytes = field(default=b"", repr=False)

    def feed(self, data: bytes) -> list[Packet | Message]:
        """Raises BadInput when this is no RTSP."""
        data = self._rest + data if self._rest else data
        found: list[Packet | Message] = []
        at, end = 0, len(data)
        while end - at >= 4:
            if data[at] == _DOLLAR:
                stop = at + 4 + (data[at + 2] << 8 | data[at + 3])
                if stop > end:
                    break
                found.append((data[at + 1], data[at + 4 : stop]))
            else:
                stop = self._other(data, at, found)
                if stop == at:
                    break
            at = stop
        self._rest = data[at:]
        return found

    def _other(self, data: bytes, at: int, found: list[Packet | Message]) -> int:
        """Where to go on behind a message or garbage; `at` when more must come first."""
        word = _WORD.match(data, at)
        if word is None or (word.end() < len(data) and data[word.end()] not in b" /"):
            return self._skip(data, at)
        if word.end() == len(data) and word.end() - at < 20:
            return at
        head_end = data.find(b"\r\n\r\n", at, at + MAX_HEAD)
        if head_end < 0:
            if len(data) - at >= MAX_HEAD:
                raise BadInput(f"a message's head is longer than {MAX_HEAD >> 10} kB", data[at : at + 200])
            return at
        return _message(data, at, head_end, found)

    def _skip(self, data: bytes, at: int) -> int:
        """Over line ends between messages, and over garbage to the next thing that may be something."""
        stop = at
        while stop < len(data) and (stop == at or not _may_begin(data, stop)):
            stop += 1
        if data[at:stop].strip(b"\r\n"):
            self.garbage += stop - at
            if self.garbage > MAX_GARBAGE:
                raise BadInput(f"more than {MAX_GARBAGE >> 10} kB that are no RTSP", data[at : at + 200])
        return stop


def _may_begin(data: bytes, at: int) -> bool:
    """A packet that looks like RTP or RTCP, or an answer. What can't be told yet may."""
    if data[at] == _DOLLAR:
        start = data[at + 1 : at + 5]
        return (len(start) < 1 or start[0] <= _LAST_CHANNEL) and (len(start) < 4 or start[3] >> 6 == 2)
    return data[at] == ord("R") and b"RTSP/".startswith(data[at : at + 5])


def _message(data: bytes, at: int, head_end: int, found: list[Packet | Message]) -> int:
    start, *lines = data[at:head_end].decode("latin-1").split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    size = _body_size(headers, data[at:head_end])
    stop = head_end + 4 + size
    if stop > len(data):
        return at
    found.append(_typed(start, headers, data[head_end + 4 : stop]))
    return stop


def _body_size(headers: Headers, head: bytes) -> int:
    said = headers.get("content-length", ("0",))[0]
    if not (said.isascii() and said.isdigit() and len(said) < 9 and int(said) <= MAX_BODY):
        raise BadInput(f"a message says its body is {said[:20]!r} bytes long; {MAX_BODY} are taken", head)
    return int(said)


def _typed(start: str, headers: Headers, body: bytes) -> Message:
    if status := _STATUS.fullmatch(start):
        return Response(headers, body, int(status[1]), status[2].strip()[:100])
    if request := _REQUEST.fullmatch(start):
        return Request(headers, body, request[1], request[2])
    if start.startswith("HTTP/"):
        raise BadInput("what answers speaks HTTP and not RTSP: is it the right port?", start.encode())
    raise BadInput("a message begins with a line that is no RTSP", start.encode())
