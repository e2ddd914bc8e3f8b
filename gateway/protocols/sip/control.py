"""Messages of baresip's control connection (its module ctrl_tcp): JSON in netstrings, both ways. No I/O here.

A netstring is `LENGTH:` + that many bytes + `,` (cr.yp.to/proto/netstrings.txt). We send
`{"command", "params", "token"}`; baresip sends `{"response": true, "ok", "data", "token"}` and
`{"event": true, "type", "accountaor", "direction", "peeruri", "id", "param", …}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import Words

MAX_MESSAGE_BYTES = 256 * 1024
"""Of one netstring. baresip's own are below 3 kB; a list of many calls is somewhat longer."""
MAX_COMMAND_BYTES = 1000
"""baresip silently truncates `command params` at 1024 bytes (ctrl_tcp.c, `buf`)."""
_HEADER = re.compile(rb"(0|[1-9][0-9]{0,5}):")
_MAY_GROW = re.compile(rb"(0|[1-9][0-9]{0,5}):?\Z")
_NEXT = re.compile(rb"[1-9][0-9]{0,5}:\{")
_TAIL = 8
"""Bytes of a header and a brace, which may be split over two reads."""


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """An event of a call or an account. `call` is the SIP Call-ID, chosen by the caller."""

    type: str
    account: str = ""
    call: str = ""
    peer: str = ""
    detail: str = ""
    outgoing: bool = False


@dataclass(frozen=True, slots=True)
class CommandResponse:
    """The response to the command with that token; `text` is what baresip prints for people."""

    token: str
    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class InvalidMessage:
    """Bytes that are no message, for the quarantine."""

    why: Words
    data: bytes


ControlMessage = EngineEvent | CommandResponse | InvalidMessage


def encode(command: str, params: str, token: str) -> bytes:
    """One command. Raises ValueError for one that baresip would truncate or take for two."""
    if any(ord(character) < ord(" ") for character in command + params):
        raise ValueError("a command holds a control character")
    if len(f"{command} {params}".encode()) > MAX_COMMAND_BYTES:
        raise ValueError(f"a command is longer than {MAX_COMMAND_BYTES} bytes")
    message = {"command": command, "params": params, "token": token} if params else {"command": command, "token": token}
    body = json.dumps(message).encode()
    return b"%d:%s," % (len(body), body)


class ControlDecoder:
    """Bytes in, messages out. Resynchronises after any input, and buffers at most one netstring."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[ControlMessage]:
        """Every whole message so far."""
        found: list[ControlMessage] = []
        # In steps, so that the buffer stays bounded whatever arrives at once.
        for start in range(0, len(data), MAX_MESSAGE_BYTES):
            self._buffer += data[start : start + MAX_MESSAGE_BYTES]
            found += self._scan()
        return found

    def _scan(self) -> Iterator[ControlMessage]:
        buffer = self._buffer
        while buffer:
            header = _HEADER.match(buffer)
            # A header may still be incomplete at the end of what was read.
            if header is None:
                if len(buffer) < _TAIL and _MAY_GROW.match(buffer):
                    return
                yield self._skip(Words("不是 netstring", "no netstring"))
                continue
            start, length = header.end(), int(header[1])
            end = start + length
            if length > MAX_MESSAGE_BYTES:
                yield self._skip(Words("比任何消息都长", "longer than any message"))
            # Body or comma not complete yet.
            elif len(buffer) <= end:
                return
            elif buffer[end : end + 1] != b",":
                yield self._skip(Words("netstring 缺少逗号", "a netstring without its comma"))
            else:
                body = bytes(buffer[start:end])
                del buffer[: end + 1]
                yield _read(body)

    def _skip(self, why: Words) -> InvalidMessage:
        """Discard bytes up to what may be the next netstring: a length and an opening brace."""
        buffer = self._buffer
        following = _NEXT.search(buffer, 1)
        at = following.start() if following else max(1, len(buffer) - _TAIL)
        dropped = bytes(buffer[:at])
        del buffer[:at]
        return InvalidMessage(why, dropped)


def _read(body: bytes) -> ControlMessage:
    try:
        message = json.loads(body.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return InvalidMessage(Words("不是 JSON", "no JSON"), body)
    if not isinstance(message, dict):
        return InvalidMessage(Words("不是 JSON 对象", "no JSON object"), body)

    def text(key: str) -> str:
        value = message.get(key, "")
        return value if isinstance(value, str) else ""

    if message.get("event") is True and text("type"):
        outgoing = text("direction") == "outgoing"
        return EngineEvent(text("type"), text("accountaor"), text("id"), text("peeruri"), text("param"), outgoing)
    if message.get("response") is True and isinstance(message.get("ok"), bool):
        return CommandResponse(text("token"), message["ok"], text("data"))
    return InvalidMessage(Words("既不是事件也不是应答", "neither an event nor a response"), body)
