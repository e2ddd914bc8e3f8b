"""The session's side of the talk, without a socket: what is said, and what is made of the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given, strategies

from gateway.errors import BadInput, LinkLost
from gateway.vision.stream.rtsp.events import Redirected, RtspState, StreamReady
from gateway.vision.stream.rtsp.message import RtspParser, RtspRequest, RtspResponse
from gateway.vision.stream.rtsp.session import RtspSession
from gateway.vision.stream.rtsp.transport import InterleavedTransport, UdpTransport
from gateway.vision.stream.rtsp.url import RtspUrl

ADDRESS = "rtsp://admin:ge%40heim@camera:8554/live/1?profile=2"
URL = "rtsp://camera:8554/live/1?profile=2"
SDP = b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
CHALLENGE = 'Digest realm="camera", nonce="{}"'


class Talk:
    """A session and a camera that answers what it is told to."""

    def __init__(self, address: str = ADDRESS, **more) -> None:
        self.session = RtspSession(RtspUrl.parse(address), **more)
        self.session.start()
        self.asked = self._hear()

    def answer(
        self, status: int = 200, headers: Mapping[str, str] | None = None, body: bytes = b"", *, now: float = 0.0
    ) -> RtspRequest:
        """Answers the last question; gives the next one."""
        said = {"cseq": [str(self.asked.sequence)]} | {name.lower(): [value] for name, value in (headers or {}).items()}
        self.session.receive(RtspResponse(said, body, status, "Said"), now)
        self.asked = self._hear()
        return self.asked

    def describe(self) -> RtspRequest:
        self.answer(200, {"Public": "OPTIONS, GET_PARAMETER"})
        return self.answer(200, {"Content-Base": "rtsp://camera:8554/live/1/"}, SDP)

    def play(self, *, session: str = "77;timeout=30") -> None:
        self.describe()
        self.answer(200, {"Transport": "RTP/AVP/TCP;unicast;interleaved=2-3", "Session": session})
        self.answer(200, now=100.0)

    def _hear(self) -> RtspRequest:
        sent = self.session.take_outgoing()
        found = RtspParser().feed(sent)
        self.raw = sent
        requests = [item for item in found if isinstance(item, RtspRequest)]
        assert len(requests) == len(found) <= 1
        return requests[0] if requests else RtspRequest({}, b"", "", "")


def test_from_the_first_word_to_the_last() -> None:
    talk = Talk()
    assert (talk.asked.method, talk.asked.url) == ("OPTIONS", URL)
    assert talk.answer(200, {"Public": "OPTIONS, DESCRIBE, GET_PARAMETER"}).method == "DESCRIBE"
    assert talk.asked.get("accept") == "application/sdp"
    asked = talk.answer(200, {"Content-Base": "rtsp://camera:8554/live/1/"}, SDP)
    assert (asked.method, asked.url) == ("SETUP", "rtsp://camera:8554/live/1/track1")
    assert asked.get("transport") == "RTP/AVP/TCP;unicast;interleaved=0-1"
    asked = talk.answer(200, {"Transport": "RTP/AVP/TCP;unicast;interleaved=2-3", "Session": "77;timeout=30"})
    assert (asked.method, asked.url, asked.get("session")) == ("PLAY", "rtsp://camera:8554/live/1/", "77")
    (ready,) = talk.session.take_events()
    assert isinstance(ready, StreamReady)
    assert ready.transport == InterleavedTransport(2)
    talk.answer(200, now=100.0)
    assert talk.session.state is RtspState.PLAYING
    talk.session.close()
    assert talk._hear().method == "TEARDOWN"
    talk.session.close()
    assert talk._hear().method == ""


def test_a_session_is_kept_alive_at_half_its_time() -> None:
    talk = Talk()
    talk.play()
    talk.session.tick(114.0)
    assert talk._hear().method == ""
    talk.session.tick(115.0)
    talk.asked = talk._hear()
    assert (talk.asked.method, talk.asked.get("session")) == ("GET_PARAMETER", "77")
    talk.answer(451, now=115.0)
    talk.session.tick(130.0)
    talk.asked = talk._hear()
    assert talk.asked.method == "OPTIONS"
    talk.answer(200, now=130.0)
    talk.session.tick(145.0)
    talk.asked = talk._hear()
    for status in (401, 401, 302, 454):
        talk.answer(status, now=145.0)
    assert talk.session.state is RtspState.PLAYING, "whether packets come decides, not what is said of a keep-alive"


def test_the_password_is_given_when_asked_and_is_in_no_request() -> None:
    talk = Talk()
    asked = talk.answer(401, {"WWW-Authenticate": CHALLENGE.format(1)})
    assert asked.method == "OPTIONS"
    assert 'username="admin"' in asked.get("authorization")
    assert f'uri="{URL}"' in asked.get("authorization")
    assert b"heim" not in talk.raw
    assert talk.answer(200).get("authorization")
    assert talk.answer(200, {}, SDP).method == "SETUP"


def test_a_stale_nonce_is_no_wrong_password() -> None:
    talk = Talk()
    talk.answer(401, {"WWW-Authenticate": CHALLENGE.format(1)})
    talk.answer(401, {"WWW-Authenticate": CHALLENGE.format(2) + ", stale=TRUE"})
    assert 'nonce="2"' in talk.asked.get("authorization")
    talk.answer(200)
    talk.answer(401, {"WWW-Authenticate": CHALLENGE.format(3)})
    assert talk.asked.method == "DESCRIBE"
    assert 'nonce="3"' in talk.asked.get("authorization")
    with pytest.raises(LinkLost, match=r"rejected .* \(401\)"):
        talk.answer(401, {"WWW-Authenticate": CHALLENGE.format(4)})


def test_a_camera_that_finds_every_nonce_stale_is_given_up() -> None:
    talk = Talk()
    with pytest.raises(LinkLost, match="401"):  # noqa: PT012  how often is not what matters
        for number in range(10):
            talk.answer(401, {"WWW-Authenticate": CHALLENGE.format(number) + ", stale=true"})


def test_no_password_and_no_way_to_say_it() -> None:
    with pytest.raises(LinkLost, match="none are configured"):
        Talk("rtsp://camera/").answer(401, {"WWW-Authenticate": CHALLENGE.format(1)})
    with pytest.raises(LinkLost, match="neither Digest"):
        Talk().answer(401, {"WWW-Authenticate": "Bearer"})


def test_udp_is_tried_when_the_camera_does_not_do_tcp() -> None:
    talk = Talk()
    talk.describe()
    talk.answer(461)
    assert talk.session.state is RtspState.NEEDS_PORTS
    talk.session.use_ports(5000)
    talk.asked = talk._hear()
    assert talk.asked.get("transport") == "RTP/AVP;unicast;client_port=5000-5001"
    talk.answer(200, {"Transport": "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001", "Session": "1"})
    (ready,) = talk.session.take_events()
    assert isinstance(ready, StreamReady)
    assert ready.transport == UdpTransport(5000, (6000, 6001))


@pytest.mark.parametrize(
    ("status", "why"), [(404, "no such stream"), (503, "answers SETUP with 503"), (461, "answers SETUP with 461")]
)
def test_a_refusal_is_told(status: int, why: str) -> None:
    talk = Talk(transports=("tcp",))
    talk.describe()
    with pytest.raises(LinkLost, match=why):
        talk.answer(status)


def test_another_way_than_asked_for_is_refused() -> None:
    talk = Talk()
    talk.describe()
    with pytest.raises(LinkLost, match="not requested"):
        talk.answer(200, {"Transport": "RTP/AVP;multicast;destination=224.1.1.1"})


def test_options_may_fail_and_numbers_may_lack() -> None:
    talk = Talk()
    talk.answer(551)
    assert talk.asked.method == "DESCRIBE"
    talk.session.receive(RtspResponse({}, SDP, 200, "OK"), 0.0)
    assert talk._hear().method == "SETUP"
    talk.session.receive(RtspResponse({"cseq": ["99"], "session": ["1"]}, b"", 200, "OK"), 0.0)
    assert talk._hear().method == "PLAY"


def test_an_answer_that_is_said_twice_counts_once() -> None:
    talk = Talk()
    talk.answer(200)
    talk.session.receive(RtspResponse({"cseq": ["1"], "public": ["OPTIONS"]}, b"", 200, "OK"), 0.0)
    assert talk._hear().method == ""
    talk.answer(200, {}, SDP)
    assert talk.asked.method == "SETUP"


def test_a_camera_that_gives_every_answer_the_same_number_is_understood() -> None:
    talk = Talk()
    for headers, body, then in (
        ({}, b"", "DESCRIBE"),
        ({}, SDP, "SETUP"),
        ({"session": ["7"]}, b"", "PLAY"),
        ({}, b"", ""),
    ):
        talk.session.receive(RtspResponse({"cseq": ["1"], **headers}, body, 200, "OK"), 0.0)
        assert talk._hear().method == then
    assert talk.session.state is RtspState.PLAYING


def test_a_description_without_a_length_is_told() -> None:
    talk = Talk()
    talk.answer(200)
    with pytest.raises(LinkLost, match="no Content-Length"):
        talk.answer(200)


@pytest.mark.parametrize(
    ("location", "url", "user"),
    [
        ("rtsp://camera:9000/b", "rtsp://camera:9000/b", "admin"),
        ("rtsp://other/b", "rtsp://other/b", None),
        ("rtsp://me:own@other/b", "rtsp://other/b", "me"),
    ],
)
def test_redirects_are_followed_and_the_password_stays_on_its_host(location: str, url: str, user: str | None) -> None:
    talk = Talk()
    talk.answer(302, {"Location": location})
    (moved,) = talk.session.take_events()
    assert isinstance(moved, Redirected)
    assert (moved.url.url, moved.url.user) == (url, user)


@pytest.mark.parametrize("location", ["", "nonsense", "http://camera/", "rtsp://camera/"])
def test_a_redirect_that_leads_nowhere_or_into_the_open_is_told(location: str) -> None:
    with pytest.raises(LinkLost) as caught:
        Talk("rtsps://admin:geheim@camera/").answer(301, {"Location": location})
    assert "geheim" not in str(caught.value)


def test_a_camera_may_ask_as_well() -> None:
    talk = Talk()
    talk.play()
    for method, status in (("OPTIONS", "200 OK"), ("NONSENSE", "501")):
        talk.session.receive(RtspRequest({"cseq": ["5"]}, b"", method, "*"), 0.0)
        assert talk.session.take_outgoing().startswith(f"RTSP/1.0 {status}".encode())
    talk.session.receive(RtspRequest({"location": ["rtsp://camera/new"]}, b"", "REDIRECT", "*"), 0.0)
    assert isinstance(talk.session.take_events()[-1], Redirected)
    with pytest.raises(LinkLost, match="ended"):
        talk.session.receive(RtspRequest({}, b"", "TEARDOWN", "*"), 0.0)


@pytest.mark.parametrize(
    ("address", "host", "port", "user", "password", "shown"),
    [
        ("rtsp://h", "h", 554, None, "", "rtsp://h/"),
        ("RTSPS://u:geheim@h/x", "h", 322, "u", "geheim", "rtsps://h/x"),
        ("rtsp://u:p@w@h:99/x y", "h", 99, "u", "p@w", None),
        ("rtsp://u%40d:p%2Fw@h:99/x?password=abc", "h", 99, "u@d", "p/w", "rtsp://h:99/x?password=***"),
        ("rtsp://[fe80::1]:554/x", "fe80::1", 554, None, "", "rtsp://[fe80::1]:554/x"),
    ],
)
def test_addresses(address: str, host: str, port: int, user: str | None, password: str, shown: str | None) -> None:
    if shown is None:
        with pytest.raises(LinkLost, match="%40"):
            RtspUrl.parse(address)
        return
    target = RtspUrl.parse(address)
    assert (target.host, target.port, target.user, target.password) == (host, port, user, password)
    assert target.redacted == shown
    assert not password or password not in repr(target)


def test_an_address_that_can_not_be_read_is_not_repeated() -> None:
    for address in ("rtsp://admin:ge/heim@camera/", "rtsp://:geheim@", "http://admin:geheim@camera", "rtsp://h:99999/"):
        with pytest.raises(LinkLost) as caught:
            RtspUrl.parse(address)
        assert "heim" not in str(caught.value)


def test_an_echo_of_the_password_is_hidden() -> None:
    target = RtspUrl.parse("rtsp://admin:ge%40heim@camera/x")
    hidden = target.redact("no such user admin with ge@heim or ge%40heim at rtsp://admin:ge%40heim@camera/x")
    assert not re.search("heim|admin", hidden)


TEXT = strategies.text(strategies.characters(codec="latin-1"), max_size=30)
NAMES = strategies.sampled_from(["session", "transport", "content-base", "www-authenticate", "location", "public"])


@given(
    strategies.lists(
        strategies.tuples(
            strategies.sampled_from([100, 200, 200, 200, 302, 401, 404, 454, 461]),
            strategies.dictionaries(NAMES, TEXT, max_size=3),
            strategies.sampled_from([b"", SDP]),
        ),
        max_size=8,
    )
)
def test_any_answers_are_survived(answers: list[tuple[int, dict[str, str], bytes]]) -> None:
    session, told = RtspSession(RtspUrl.parse(ADDRESS)), ""
    session.start()
    for status, headers, body in answers:
        try:
            session.receive(RtspResponse({name: [value] for name, value in headers.items()}, body, status, "x"), 0.0)
            if session.state is RtspState.NEEDS_PORTS:
                session.use_ports(5000)
        except (LinkLost, BadInput) as error:
            told = str(error)
            break
        session.tick(1e9)
        session.take_events()
        assert len(session.take_outgoing()) < 4000
    assert "heim" not in told
