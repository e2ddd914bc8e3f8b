"""The client side of one RTSP session, sans-I/O: messages and time in, bytes and events out.

OPTIONS → DESCRIBE → SETUP → PLAY, keep-alives at half of the session's timeout, TEARDOWN.
Failures are raised as LinkLost, without a password in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gateway.errors import LinkLost, LoginRefused
from gateway.model import Words
from gateway.vision.stream.rtsp.auth import RtspCredentials, parse_challenges
from gateway.vision.stream.rtsp.events import Redirected, RtspEvent, RtspState, StreamReady
from gateway.vision.stream.rtsp.message import RtspMessage, RtspRequest, RtspResponse, encode_message
from gateway.vision.stream.rtsp.pending_requests import PendingRequest, PendingRequests
from gateway.vision.stream.rtsp.sdp import SessionDescription, parse_sdp
from gateway.vision.stream.rtsp.transport import (
    InterleavedTransport,
    LowerTransport,
    RtpTransport,
    UdpTransport,
    ssrc_of,
)
from gateway.vision.stream.rtsp.url import RtspUrl

TIMEOUT = 60.0
"""Seconds after which a camera ends an idle session, where it does not say (RFC 2326, 12.37)."""
MAX_STALE = 2
"""Stale nonces in a row that are accepted."""
AGENT = "Anju"
UNSUPPORTED_TRANSPORT, UNAUTHORIZED, OK = 461, 401, 200
_ODD = "摄像机的应答不合规范，请通知安装员"
_ENDED = "摄像机结束了会话"


@dataclass(slots=True)
class RtspSession:
    """`transports` are tried in order."""

    url: RtspUrl
    transports: Sequence[LowerTransport] = ("tcp", "udp")
    state: RtspState = RtspState.NEW
    timeout: float = TIMEOUT
    _credentials: RtspCredentials | None = field(default=None, repr=False)
    _out: bytearray = field(default_factory=bytearray, repr=False)
    _events: list[RtspEvent] = field(default_factory=list)
    _pending: PendingRequests = field(default_factory=PendingRequests)
    _keep_alive: str = "OPTIONS"
    keep_alive_due: float = 0.0
    """When to call `tick` at the latest, in monotonic seconds."""
    _id: str = ""
    _described: SessionDescription | None = None
    _offered: RtpTransport | None = None

    def __post_init__(self) -> None:
        if self.url.user is not None:
            self._credentials = RtspCredentials(self.url.user, self.url.password)

    def start(self) -> None:
        """Send the first request."""
        self.state = RtspState.SETTING_UP
        self._request("OPTIONS", self.url.url)

    def take_outgoing(self) -> bytes:
        """The bytes to send now."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def take_events(self) -> list[RtspEvent]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def receive(self, message: RtspMessage, now: float) -> None:
        """Handle a message of the camera. `now` is monotonic seconds. Raises LinkLost; BadInput for an invalid SDP."""
        if isinstance(message, RtspRequest):
            self._on_request(message)
        elif isinstance(message, RtspResponse) and message.status >= OK and (request := self._pending.match(message)):
            self._keep_id(message)
            # 1xx responses were filtered above: they announce the real one.
            if message.status == UNAUTHORIZED:
                self._retry_with_login(request, message)
            elif request.keeps_alive:
                self._on_keep_alive(request.method, message)
            elif 300 <= message.status < 400:
                self._on_redirect(message)
            else:
                self._on_response(request.method, request.url, message, now)

    def _on_response(self, method: str, url: str, response: RtspResponse, now: float) -> None:
        match method:
            case "DESCRIBE":
                self._on_description(response, url)
            case "SETUP":
                self._on_setup(response)
            case "PLAY":
                self._on_play(response, now)
            case "OPTIONS":
                self._on_options(response)

    def use_ports(self, rtp: int) -> None:
        """Continue with our UDP ports `rtp` and `rtp` + 1."""
        assert self.state is RtspState.NEEDS_PORTS
        self.state = RtspState.SETTING_UP
        self._set_up(UdpTransport(rtp))

    def tick(self, now: float) -> None:
        """Send a keep-alive when it is due. Call it regularly."""
        if self.state is RtspState.PLAYING and now >= self.keep_alive_due:
            self.keep_alive_due = now + self.timeout / 2
            self._send(PendingRequest(self._keep_alive, self._session_url, (), keeps_alive=True))

    def close(self) -> None:
        """Send TEARDOWN, if there is a session; its response need not be awaited."""
        if self._id and self.state is not RtspState.CLOSED:
            self._request("TEARDOWN", self._session_url)
        self.state = RtspState.CLOSED

    @property
    def _session_url(self) -> str:
        return self._described.control if self._described else self.url.url

    def _request(self, method: str, url: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        self._send(PendingRequest(method, url, headers))

    def _send(self, request: PendingRequest) -> None:
        number = self._pending.add(request)
        headers = [("CSeq", str(number)), ("User-Agent", AGENT)]
        if self._credentials and (value := self._credentials.header(request.method, request.url)):
            headers.append(("Authorization", value))
        if self._id:
            headers.append(("Session", self._id))
        self._out += encode_message(f"{request.method} {request.url} RTSP/1.0", [*headers, *request.headers])

    def _keep_id(self, response: RtspResponse) -> None:
        """Store the session's id, from the first response that holds one, and its timeout."""
        session, _, rest = (part.strip() for part in response.get("session").partition(";"))
        if not self._id:
            self._id = session
        if time := re.search(r"timeout\s*=\s*\"?(\d{1,6})", rest, re.IGNORECASE | re.ASCII):
            self.timeout = float(time[1]) or self.timeout  # 0 makes no sense: the default stays

    def _retry_with_login(self, request: PendingRequest, response: RtspResponse) -> None:
        # A rejected keep-alive is no reason to end a stream that plays.
        if request.keeps_alive and (self._credentials is None or request.rejections):
            return
        if self._credentials is None:
            en = "requires a user name and a password (401), and none are configured"
            raise LoginRefused(Words("摄像机要求用户名和密码，请通知安装员", en))
        offered = parse_challenges(response.headers.get("www-authenticate", ()))
        request.rejections += 1
        if request.rejections > (MAX_STALE if any(one.is_stale for one in offered) else 1):
            en = "rejected the user name or the password (401)"
            raise LoginRefused(Words("摄像机的用户名或密码不对，请通知安装员", en))
        if not self._credentials.accept(offered) and not request.keeps_alive:
            en = "requires a login method (401) that is neither Digest (MD5, SHA-256) nor Basic"
            raise LoginRefused(Words("不支持摄像机的登录方式，请通知安装员", en))
        self._send(request)

    def _on_redirect(self, response: RtspResponse) -> None:
        location = response.get("location")
        if not location:
            en = f"redirects ({response.status}) without saying where to"
            raise LinkLost(Words(_ODD, en))
        self._events.append(Redirected(self.url.redirect(location)))

    def _on_options(self, response: RtspResponse) -> None:
        if "GET_PARAMETER" in response.get("public").upper():
            self._keep_alive = "GET_PARAMETER"
        self._request("DESCRIBE", self.url.url, [("Accept", "application/sdp")])

    def _on_description(self, response: RtspResponse, url: str) -> None:
        _expect(response, "DESCRIBE")
        if not response.body:
            en = "answers DESCRIBE without a description"
            lacks = "" if "content-length" in response.headers else ": its answer has no Content-Length"
            raise LinkLost(Words(_ODD, en + lacks))
        # Found by a search, because cameras put the URL in quotes or brackets, or several behind each other.
        headers = f"{response.get('content-base')} {response.get('content-location')}"
        base = re.search(r"rtspu?s?://[^\s\"'<>,;]+", headers, re.IGNORECASE)
        self._described = parse_sdp(response.body, base[0] if base else url)
        self._next_transport()

    def _next_transport(self) -> None:
        first, *self.transports = self.transports
        if first == "tcp":
            self._set_up(InterleavedTransport())
        else:
            self.state = RtspState.NEEDS_PORTS

    def _set_up(self, transport: RtpTransport) -> None:
        assert self._described is not None
        self._offered = transport
        self._request("SETUP", self._described.media.control, [("Transport", transport.header)])

    def _on_setup(self, response: RtspResponse) -> None:
        assert self._described is not None
        assert self._offered is not None
        # 461: the camera does not support this transport; try the next one.
        if response.status == UNSUPPORTED_TRANSPORT and self.transports:
            self._next_transport()
            return
        _expect(response, "SETUP")
        transport = self._offered.negotiate(response.get("transport"))
        if transport is None:
            en = f"offers a transport that was not requested: {response.get('transport')[:100]}"
            raise LinkLost(Words(_ODD, en))
        self._request("PLAY", self._session_url, [("Range", "npt=0.000-")])
        media = self._described.media
        source = ssrc_of(response.get("transport")) or media.source
        self._events.append(StreamReady(replace(media, source=source), transport))

    def _on_play(self, response: RtspResponse, now: float) -> None:
        _expect(response, "PLAY")
        self.state = RtspState.PLAYING
        self.keep_alive_due = now + self.timeout / 2

    def _on_keep_alive(self, method: str, response: RtspResponse) -> None:
        """Some cameras announce GET_PARAMETER and reject it: use OPTIONS then.

        One that responds with 454 (session not found) may continue to send; if it does not, the stall is detected.
        """
        if response.status >= 400 and method == "GET_PARAMETER":
            self._keep_alive = "OPTIONS"

    def _on_request(self, request: RtspRequest) -> None:
        """Respond to a request of the camera (RFC 2326, 10)."""
        known = request.method in {"OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "REDIRECT", "TEARDOWN"}
        status = "200 OK" if known else "501 Not Implemented"
        self._out += encode_message(f"RTSP/1.0 {status}", [("CSeq", str(request.sequence or 0))])
        if request.method == "TEARDOWN":
            raise LinkLost(Words(_ENDED, "ended the session"))
        if request.method == "REDIRECT" and (location := request.get("location")):
            self._events.append(Redirected(self.url.redirect(location)))


def _expect(response: RtspResponse, method: str) -> None:
    if response.status == 404:
        en = f"knows no such stream (404 {response.reason})"
        raise LinkLost(Words("摄像机没有这一路视频，请通知安装员", en))
    if response.status >= 300:
        en = f"answers {method} with {response.status} {response.reason}"
        raise LinkLost(Words(f"摄像机拒绝播放（{response.status}），请通知安装员", en))
