"""A client's side of one RTSP session as a pure object: messages and time in, bytes and events out.

OPTIONS → DESCRIBE → SETUP → PLAY, keep-alives at half of the session's timeout, TEARDOWN.
What goes wrong is raised as LinkLost in words that hold no password.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Literal

from gateway.errors import LinkLost, LoginRefused
from gateway.model import Words
from gateway.vision.stream.rtp.receiver import MediaTrack
from gateway.vision.stream.rtsp.auth import RtspCredentials, parse_challenges
from gateway.vision.stream.rtsp.message import RtspMessage, RtspRequest, RtspResponse, encode_message
from gateway.vision.stream.rtsp.sdp import SessionDescription, parse_sdp
from gateway.vision.stream.rtsp.transport import InterleavedTransport, RtpTransport, UdpTransport, ssrc_of
from gateway.vision.stream.rtsp.url import RtspUrl

TIMEOUT = 60.0
"""Seconds a session lives unheard when the camera does not say (RFC 2326, 12.37)."""
MAX_STALE = 2
"""Nonces in a row that may be stale."""
MAX_UNANSWERED = 16
AGENT = "Anju"
UNSUPPORTED_TRANSPORT, UNAUTHORIZED, OK = 461, 401, 200
_ODD = "摄像机的应答不合规范，请通知安装员"
_ENDED = "摄像机结束了会话"

LowerTransport = Literal["tcp", "udp"]


class RtspState(Enum):
    NEW = auto()
    ASKING = auto()
    NEEDS_PORTS = auto()
    """The packets shall come over UDP: `use_ports` goes on."""
    PLAYING = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class StreamReady:
    """Packets of `media` may come from now on."""

    media: MediaTrack
    way: RtpTransport


@dataclass(frozen=True, slots=True)
class Redirected:
    """The stream is elsewhere: end this, and begin there."""

    target: RtspUrl


RtspEvent = StreamReady | Redirected


@dataclass(slots=True)
class _Asked:
    method: str
    url: str
    more: Sequence[tuple[str, str]]
    refusals: int = 0
    keeps_alive: bool = False
    """Its answer decides nothing: while packets come the session lives, whatever the camera says of it."""


@dataclass(slots=True)
class RtspSession:
    """`carriages` are tried in their order."""

    target: RtspUrl
    transports: Sequence[LowerTransport] = ("tcp", "udp")
    state: RtspState = RtspState.NEW
    timeout: float = TIMEOUT
    _credentials: RtspCredentials | None = field(default=None, repr=False)
    _out: bytearray = field(default_factory=bytearray, repr=False)
    _events: list[RtspEvent] = field(default_factory=list)
    _sequence: int = 0
    _unanswered: dict[int, _Asked] = field(default_factory=dict)
    _keep_alive: str = "OPTIONS"
    keep_alive_due: float = 0.0
    """When to `tick` at the latest."""
    _id: str = ""
    _described: SessionDescription | None = None
    _wish: RtpTransport | None = None

    def __post_init__(self) -> None:
        if self.target.user is not None:
            self._credentials = RtspCredentials(self.target.user, self.target.password)

    def begin(self) -> None:
        self.state = RtspState.ASKING
        self._ask("OPTIONS", self.target.url)

    def take_outgoing(self) -> bytes:
        """What is to be sent now."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def events(self) -> list[RtspEvent]:
        """What has come of it since the last call."""
        events, self._events = self._events, []
        return events

    def receive(self, message: RtspMessage, now: float) -> None:
        """`now` is monotonic seconds. Raises LinkLost, and BadInput for a description that can't be read."""
        if isinstance(message, RtspRequest):
            self._on_request(message)
        elif isinstance(message, RtspResponse) and message.status >= OK and (asked := self._answered(message)):
            self._keep_id(message)
            if message.status == UNAUTHORIZED:
                self._ask_again(asked, message)
            elif asked.keeps_alive:
                self._on_keep_alive(asked.method, message)
            elif 300 <= message.status < 400:
                self._on_redirect(message)
            else:
                self._on_answer(asked.method, asked.url, message, now)

    def _on_answer(self, method: str, url: str, response: RtspResponse, now: float) -> None:
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
        """A pair of our ports for UDP: `rtp` and the one above it."""
        assert self.state is RtspState.NEEDS_PORTS
        self.state = RtspState.ASKING
        self._set_up(UdpTransport(rtp))

    def tick(self, now: float) -> None:
        """Call it now and then: keeps a playing session alive."""
        if self.state is RtspState.PLAYING and now >= self.keep_alive_due:
            self.keep_alive_due = now + self.timeout / 2
            self._send(_Asked(self._keep_alive, self._control, (), keeps_alive=True))

    def end(self) -> None:
        """Say goodbye, if there is a session to end; nobody waits for the answer."""
        if self._id and self.state is not RtspState.OVER:
            self._ask("TEARDOWN", self._control)
        self.state = RtspState.OVER

    @property
    def _control(self) -> str:
        return self._described.control if self._described else self.target.url

    def _ask(self, method: str, url: str, more: Sequence[tuple[str, str]] = ()) -> None:
        self._send(_Asked(method, url, more))

    def _send(self, asked: _Asked) -> None:
        if len(self._unanswered) >= MAX_UNANSWERED:
            self._unanswered.pop(next(iter(self._unanswered)))
        self._sequence += 1
        self._unanswered[self._sequence] = asked
        headers = [("CSeq", str(self._sequence)), ("User-Agent", AGENT)]
        if self._credentials and (said := self._credentials.header(asked.method, asked.url)):
            headers.append(("Authorization", said))
        if self._id:
            headers.append(("Session", self._id))
        self._out += encode_message(f"{asked.method} {asked.url} RTSP/1.0", [*headers, *asked.more])

    def _answered(self, response: RtspResponse) -> _Asked | None:
        """What this answers: where its number is missing or makes no sense, the oldest question.

        Cameras answer one question after another, and not all of them give its number back (FFmpeg only warns).
        """
        number = response.sequence
        if number in self._unanswered:
            return self._unanswered.pop(number)
        oldest = next(iter(self._unanswered), None)
        is_past = number is not None and oldest is not None and 0 < number < oldest
        if oldest is None or (is_past and not _fits(response, self._unanswered[oldest].method)):
            return None
        return self._unanswered.pop(oldest)

    def _keep_id(self, response: RtspResponse) -> None:
        """The session's id, from whichever answer names it first; its time."""
        said, _, rest = (part.strip() for part in response.get("session").partition(";"))
        if not self._id:
            self._id = said
        if time := re.search(r"timeout\s*=\s*\"?(\d{1,6})", rest, re.IGNORECASE | re.ASCII):
            self.timeout = float(time[1]) or self.timeout

    def _ask_again(self, asked: _Asked, response: RtspResponse) -> None:
        if asked.keeps_alive and (self._credentials is None or asked.refusals):
            return
        if self._credentials is None:
            en = "asks for a user's name and password (401), and none are given"
            raise LoginRefused(Words("摄像机要求用户名和密码，请通知安装员", en))
        offered = parse_challenges(response.headers.get("www-authenticate", ()))
        asked.refusals += 1
        if asked.refusals > (MAX_STALE if any(one.is_stale for one in offered) else 1):
            en = "refused the user's name or the password (401)"
            raise LoginRefused(Words("摄像机的用户名或密码不对，请通知安装员", en))
        if not self._credentials.meet(offered) and not asked.keeps_alive:
            en = "asks for the password (401) in a way that is neither Digest (MD5, SHA-256) nor Basic"
            raise LoginRefused(Words("不支持摄像机的登录方式，请通知安装员", en))
        self._send(asked)

    def _on_redirect(self, response: RtspResponse) -> None:
        location = response.get("location")
        if not location:
            en = f"sends us elsewhere ({response.status}) and does not say where"
            raise LinkLost(Words(_ODD, en))
        self._events.append(Redirected(self.target.redirected(location)))

    def _on_options(self, response: RtspResponse) -> None:
        if "GET_PARAMETER" in response.get("public").upper():
            self._keep_alive = "GET_PARAMETER"
        self._ask("DESCRIBE", self.target.url, [("Accept", "application/sdp")])

    def _on_description(self, response: RtspResponse, url: str) -> None:
        _expect(response, "DESCRIBE")
        if not response.body:
            en = "answers DESCRIBE without a description"
            lacks = "" if "content-length" in response.headers else ": its answer has no Content-Length"
            raise LinkLost(Words(_ODD, en + lacks))
        said = f"{response.get('content-base')} {response.get('content-location')}"
        base = re.search(r"rtspu?s?://[^\s\"'<>,;]+", said, re.IGNORECASE)
        self._described = parse_sdp(response.body, base[0] if base else url)
        self._next_carriage()

    def _next_carriage(self) -> None:
        first, *self.transports = self.transports
        if first == "tcp":
            self._set_up(InterleavedTransport())
        else:
            self.state = RtspState.NEEDS_PORTS

    def _set_up(self, wish: RtpTransport) -> None:
        assert self._described is not None
        self._wish = wish
        self._ask("SETUP", self._described.media.control, [("Transport", wish.wish)])

    def _on_setup(self, response: RtspResponse) -> None:
        assert self._described is not None
        assert self._wish is not None
        if response.status == UNSUPPORTED_TRANSPORT and self.transports:
            self._next_carriage()
            return
        _expect(response, "SETUP")
        way = self._wish.agreed(response.get("transport"))
        if way is None:
            en = f"would send packets in a way we did not ask for: {response.get('transport')[:100]}"
            raise LinkLost(Words(_ODD, en))
        self._ask("PLAY", self._control, [("Range", "npt=0.000-")])
        media = self._described.media
        source = ssrc_of(response.get("transport")) or media.source
        self._events.append(StreamReady(replace(media, source=source), way))

    def _on_play(self, response: RtspResponse, now: float) -> None:
        _expect(response, "PLAY")
        self.state = RtspState.PLAYING
        self.keep_alive_due = now + self.timeout / 2

    def _on_keep_alive(self, method: str, response: RtspResponse) -> None:
        """Some cameras can't do what they say they can: then the other way is taken.

        One that says that it knows no such session (454) may send on all the same, and if not its silence tells.
        """
        if response.status >= 400 and method == "GET_PARAMETER":
            self._keep_alive = "OPTIONS"

    def _on_request(self, request: RtspRequest) -> None:
        """Cameras may ask as well (RFC 2326, 10)."""
        known = request.method in {"OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "REDIRECT", "TEARDOWN"}
        status = "200 OK" if known else "501 Not Implemented"
        self._out += encode_message(f"RTSP/1.0 {status}", [("CSeq", str(request.sequence or 0))])
        if request.method == "TEARDOWN":
            raise LinkLost(Words(_ENDED, "ended the session"))
        if request.method == "REDIRECT" and (location := request.get("location")):
            self._events.append(Redirected(self.target.redirected(location)))


def _fits(response: RtspResponse, method: str) -> bool:
    """Whether it may answer this; or it is an earlier answer, said again."""
    if response.status >= 300:
        return True
    if method == "DESCRIBE":
        return bool(response.body)
    return method != "SETUP" or "transport" in response.headers or "session" in response.headers


def _expect(response: RtspResponse, method: str) -> None:
    if response.status == 404:
        en = f"knows no such stream (404 {response.reason})"
        raise LinkLost(Words("摄像机没有这一路视频，请通知安装员", en))
    if response.status >= 300:
        en = f"answers {method} with {response.status} {response.reason}"
        raise LinkLost(Words(f"摄像机拒绝播放（{response.status}），请通知安装员", en))
