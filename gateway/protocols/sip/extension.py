"""Our own SIP extension: answers the one call that baresip makes to us on this machine. No I/O here.

This needs no SIP stack: baresip is the only caller, it knows the secret user name, and it ends the call itself when
told so over its control connection. RFC 3261 §13.3 (INVITE), §9.2 (CANCEL), §15.1.2 (BYE).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from gateway.protocols.sip import sdp

_REQUEST_LINE = re.compile(r"([A-Z]{3,10}) sips?:([^@;> ]+)@\S+ SIP/2\.0")
_COPIED_HEADERS = ("via", "from", "call-id", "cseq")


@dataclass(frozen=True, slots=True)
class SipRequest:
    """A parsed request; header names are in lower case."""

    method: str
    user: str
    headers: dict[str, list[str]]
    body: str

    def first(self, name: str) -> str:
        """The first value of a header, which must be present."""
        return self.headers[name][0]


def parse_request(datagram: bytes) -> SipRequest | None:
    """A whole request with the headers that every response needs; None for anything else."""
    head, _, body = datagram.decode(errors="replace").partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    line = _REQUEST_LINE.fullmatch(start)
    headers: dict[str, list[str]] = {}
    for each in lines:
        name, _, value = each.partition(":")
        headers.setdefault(name.strip().lower(), []).append(value.strip())
    if line is None or not all(name in headers for name in (*_COPIED_HEADERS, "to")):
        return None
    return SipRequest(line[1], line[2], headers, body)


@dataclass(slots=True)
class Extension:
    """`offer` is set once it was called, `over` once the caller hung up. `rtp_port` is where we receive audio."""

    host: str
    port: int
    rtp_port: int
    user: str = field(default_factory=lambda: secrets.token_hex(16))
    offer: sdp.AudioOffer | None = None
    over: bool = False
    _tag: str = field(default_factory=lambda: secrets.token_hex(8))
    _call: str = ""

    @property
    def uri(self) -> str:
        """The address that baresip dials; its user name is secret, so nobody else can call it."""
        return f"sip:{self.user}@{self._address}"

    @property
    def _address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def handle(self, datagram: bytes) -> bytes | None:
        """The response to a datagram; None if there is none. A retransmitted request gets the same response."""
        request = parse_request(datagram)
        # An ACK has no response.
        if request is None or request.method == "ACK":
            return None
        # In constant time: any program on this machine can send here.
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

    def _invited(self, request: SipRequest) -> bytes:
        call = request.first("call-id")
        # One call at a time: baresip makes a new one only after this has ended.
        if self._call not in {"", call}:
            return self._respond(request, "486 Busy Here")
        offer = sdp.parse_offer(request.body)
        if offer is None:
            return self._respond(request, "488 Not Acceptable Here")
        self._call, self.offer = call, offer
        return self._respond(request, "200 OK", sdp.make_answer(self.host, self.rtp_port, offer.payload_type))

    def _respond(self, request: SipRequest, status: str, body: str = "") -> bytes:
        # A response that creates a dialog needs our tag in To (RFC 3261 §12.1.1).
        to = request.first("to")
        lines = [f"SIP/2.0 {status}"]
        lines += [f"{name.title()}: {value}" for name in _COPIED_HEADERS for value in request.headers[name]]
        lines += [f"To: {to if ';tag=' in to else f'{to};tag={self._tag}'}"]
        if body:
            lines += [f"Contact: <{self.uri}>", "Content-Type: application/sdp"]
        lines += [f"Content-Length: {len(body.encode())}", "", body]
        return "\r\n".join(lines).encode()
