"""Our own extension: the one call that baresip makes to us on this machine, answered. No I/O here.

No SIP stack: baresip is the only caller, it knows the secret user that is called, and it ends the
call itself when its control connection is told to. RFC 3261 §13.3 (INVITE), §9.2 (CANCEL), §15.1.2 (BYE).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from gateway.protocols.sip import sdp

_REQUEST = re.compile(r"([A-Z]{3,10}) sips?:([^@;> ]+)@\S+ SIP/2\.0")
_COPIED = ("via", "from", "call-id", "cseq")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    user: str
    headers: dict[str, list[str]]
    body: str

    def first(self, name: str) -> str:
        return self.headers[name][0]


def read_request(datagram: bytes) -> Request | None:
    """A whole request with the headers every answer needs; None for anything else."""
    head, _, body = datagram.decode(errors="replace").partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    line = _REQUEST.fullmatch(start)
    headers: dict[str, list[str]] = {}
    for each in lines:
        name, _, value = each.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    if line is None or not all(name in headers for name in (*_COPIED, "to")):
        return None
    return Request(line[1], line[2], headers, body)


@dataclass(slots=True)
class Extension:
    """`offer` is there once it was called, `over` once the caller hung up. `sound` is our RTP port."""

    host: str
    port: int
    sound: int
    user: str = field(default_factory=lambda: secrets.token_hex(16))
    offer: sdp.Offer | None = None
    over: bool = False
    _tag: str = field(default_factory=lambda: secrets.token_hex(8))
    _call: str = ""

    @property
    def uri(self) -> str:
        """What baresip dials; only who knows it gets through."""
        return f"sip:{self.user}@{self._address}"

    @property
    def _address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def take(self, datagram: bytes) -> bytes | None:
        """The answer to it, or None for what is not to be answered. Sent again, it is answered alike."""
        request = read_request(datagram)
        if request is None or request.method == "ACK":
            return None
        if not secrets.compare_digest(request.user.encode(), self.user.encode()):
            return self._respond(request, "404 Not Found")
        if request.method == "INVITE":
            return self._invited(request)
        if request.first("call-id") != self._call:
            return self._respond(request, "481 Call/Transaction Does Not Exist")
        if request.method in {"BYE", "CANCEL"}:
            self.over = True
            return self._respond(request, "200 OK")
        return self._respond(request, "405 Method Not Allowed")

    def _invited(self, request: Request) -> bytes:
        call = request.first("call-id")
        if self._call not in {"", call}:
            return self._respond(request, "486 Busy Here")
        offer = sdp.read_offer(request.body)
        if offer is None:
            return self._respond(request, "488 Not Acceptable Here")
        self._call, self.offer = call, offer
        return self._respond(request, "200 OK", sdp.answer(self.host, self.sound, offer.payload))

    def _respond(self, request: Request, status: str, body: str = "") -> bytes:
        to = request.first("to")
        lines = [f"SIP/2.0 {status}"]
        lines += [f"{name.title()}: {value}" for name in _COPIED for value in request.headers[name]]
        lines += [f"To: {to if ';tag=' in to else f'{to};tag={self._tag}'}"]
        if body:
            lines += [f"Contact: <{self.uri}>", "Content-Type: application/sdp"]
        lines += [f"Content-Length: {len(body.encode())}", "", body]
        return "\r\n".join(lines).encode()
