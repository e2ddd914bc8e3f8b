"""Cameras' side of RTSP: messages, whole sessions, session descriptions, and what stands in headers."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import BadInput, LinkLost
from gateway.vision.stream.rtp.receiver import RtpReceiver
from gateway.vision.stream.rtsp.auth import RtspCredentials, parse_challenges
from gateway.vision.stream.rtsp.events import RtspState, StreamReady
from gateway.vision.stream.rtsp.message import (
    MAX_BODY,
    MAX_GARBAGE,
    MAX_HEAD,
    RtspMessage,
    RtspParser,
    encode_interleaved,
)
from gateway.vision.stream.rtsp.sdp import parse_sdp
from gateway.vision.stream.rtsp.session import RtspSession
from gateway.vision.stream.rtsp.transport import InterleavedTransport, UdpTransport
from gateway.vision.stream.rtsp.url import RtspUrl
from tests.fuzz.decoders.coded import pictures
from tests.fuzz.decoders.rtp import REPORTS
from tests.fuzz.subject import Feed, Subject
from tests.vision.stream.coded import packed

BASE = "rtsp://camera:8554/live/1"
_WAYS = ("RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001")
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=control:*\r\nm=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
    "m=video 0 RTP/AVP 96 97\r\na=control:track1\r\na=rtpmap:96 H264/90000\r\na=rtpmap:97 H265/90000\r\n"
    "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z2QAKawbGlAUAW7AQAA=,aO48sA==\r\n"
)
_HEVC = (
    "m=video 0 RTP/AVP 98\r\na=rtpmap:98 H265/90000\r\n"
    "a=fmtp:98 sprop-vps=QAEMAf;sprop-sps=QgEB,QgEC;sprop-pps=RAHA;sprop-max-don-diff=0\r\n"
)
_ASKS = (
    'WWW-Authenticate: Digest realm="camera", nonce="n", qop="auth,auth-int", algorithm=SHA-256\r\n'
    'WWW-Authenticate: Basic realm="x"\r\n'
)


def _said(*answers: tuple[int, str]) -> str:
    """Answers to the first questions of a session, each its status and its own headers."""
    both = "RTSP/1.0 {} Said\r\nCSeq: {}\r\nSession: 77;timeout=30\r\n{}\r\n"
    return "".join(both.format(status, number, more) for number, (status, more) in enumerate(answers, 1))


def _talks() -> list[bytes]:
    """What cameras answer from the first question on, packets behind it; with a login, UDP, a redirection, an end."""
    can, fine = (200, "Public: OPTIONS, GET_PARAMETER\r\n"), (200, "")
    tcp, udp = ((200, f"Transport: {way}\r\n") for way in _WAYS)
    described = 200, f"Content-Base: {BASE}/\r\nContent-Length: {len(_SDP)}\r\n\r\n{_SDP}"[:-2]
    talks = [
        _said(can, described, tcp, fine),
        _said(can, described, (461, ""), udp, fine),
        _said(can, (401, _ASKS), described),
        _said(can, (302, "Location: rtsp://other/1\r\n")),
        _said(can, described, tcp, fine, (400, ""), (454, "")),
        f"SET_PARAMETER {BASE} RTSP/1.0\r\nCSeq: 9\r\n\r\nREDIRECT {BASE} RTSP/1.0\r\nLocation: rtsp://camera/2\r\n\r\n",
        f"TEARDOWN {BASE} RTSP/1.0\r\n\r\n",
    ]
    pieces = [encode_interleaved(0, packet) for packet in packed("h264", pictures("h264"))[:2]]
    packets = b"".join([*pieces, encode_interleaved(1, REPORTS[0])])
    return [talk.encode() + packets for talk in talks]


def _messages() -> Feed:
    reader = RtspParser()

    def feed(chunk: bytes) -> None:
        for item in reader.feed(chunk):
            if isinstance(item, RtspMessage):
                assert item.sequence is None or item.sequence >= 0

    return feed


def _session(talk: bytes) -> None:
    """One connection from its beginning, in three pieces."""
    session, reader, receiver = (
        RtspSession(RtspUrl.parse("rtsp://admin:ge%40heim@camera:8554/live/1")),
        RtspParser(),
        None,
    )
    session.start()
    now = 0.0
    for start in range(0, len(talk), len(talk) // 3 + 1):
        for item in reader.feed(talk[start : start + len(talk) // 3 + 1]):
            if isinstance(item, RtspMessage):
                session.receive(item, 1.0)
            elif receiver:
                receiver.feed([item[1]], 1.0)
            if session.state is RtspState.NEEDS_PORTS:
                session.use_ports(5000)
            for event in session.take_events():
                receiver = RtpReceiver(event.media) if isinstance(event, StreamReady) else None
            session.tick(now := now + 40.0)
            assert b"ge@heim" not in session.take_outgoing()
    session.close()


def _sdp(body: bytes) -> None:
    found = parse_sdp(body, BASE)
    assert found.media.rate > 0
    assert found.media.format.extradata is not None


def _headers(header: bytes) -> None:
    """What a camera says of logins, ways and other addresses."""
    text = header.decode("latin-1")
    credentials = RtspCredentials("admin", "geheim")
    if credentials.accept(parse_challenges([text, text[:40]])):
        assert "geheim" not in (credentials.header("DESCRIBE", BASE) or "")
    InterleavedTransport().negotiate(text), UdpTransport(5000).negotiate(text)
    target = RtspUrl.parse("rtsp://admin:geheim@camera:8554/live/1")
    assert "geheim" not in target.redact(f"{text} geheim") + target.redirect(text).redacted


_HEADERS = (
    b'Digest realm="a \\" b", nonce="n", stale=TRUE, algorithm=MD5-sess, qop="auth", opaque="x"',
    b'Basic realm="x", Digest nonce=1',
    b"RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1",
    b"RTP/AVP;unicast;client_port=1-2;server_port=6000-6001",
    b"rtsp://u:p%40x@[fe80::1%25eth0]:554/a?b=c#d",
    b"rtsps://other:322/1",
)
_WORDS = (
    b"\r\n",
    b"\r\n\r\n",
    b"$\0\0\4",
    b"RTSP/1.0 200 OK\r\n",
    b"Content-Length: ",
    b"m=video ",
    b"a=fmtp:",
    b'"',
    b"=",
)


def subjects() -> Sequence[Subject]:
    room = MAX_HEAD + MAX_BODY + MAX_GARBAGE + (64 << 10)
    described = [_SDP.encode(), _HEVC.encode()]
    return [
        Subject("rtsp-messages", _messages, _talks, (BadInput,), words=_WORDS, holds=room),
        Subject("rtsp-session", lambda: _session, _talks, (BadInput, LinkLost), whole=True, words=_WORDS),
        Subject("rtsp-headers", lambda: _headers, lambda: _HEADERS, (LinkLost,), whole=True, words=_WORDS),
        Subject("sdp", lambda: _sdp, lambda: described, (BadInput,), whole=True, words=_WORDS),
    ]
