"""Cameras that answer as cameras do: each of these plays, as it plays in FFmpeg or better."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from gateway.vision.stream.decoder import PacketDecoder
from gateway.vision.stream.packet import Packet
from tests.vision.stream.cameras import Camera, camera, packets
from tests.vision.stream.unit_collector import running_poller, watch

COUNT = 50
SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
HEADERS = {
    "OPTIONS": {"Public": "OPTIONS, DESCRIBE, GET_PARAMETER"},
    "DESCRIBE": {"Content-Type": "application/sdp"},
    "SETUP": {"Session": "7;timeout=60", "Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"},
    "PLAY": {"Session": "7"},
}
AUTHENTICATE = 'Digest realm="c", nonce="{}"'


def lines(end: str) -> Callable[[str], bytes]:
    return lambda text: text.replace("\r\n", end).encode()


def names(spelled: Callable[[str], str]) -> Callable[[str], bytes]:
    """Of headers; a description stays as it is."""
    return lambda text: re.sub(r"(?m)^[\w-]+:", lambda name: spelled(name[0]), text).encode()


def mixed(text: str) -> bytes:
    """Each line ends differently."""
    out = ""
    for number, line in enumerate(text.split("\r\n")):
        out += line + ("\r\n", "\n", "\r\r\n")[number % 3]
    return out.removesuffix("\r\n").removesuffix("\n").removesuffix("\r\r").encode()


@dataclass
class Odd(Camera):
    """`headers` of a method take the place of the usual ones (None: left out); `sdp` is what it describes."""

    status: Mapping[str, str]
    headers: Mapping[str, Mapping[str, str | None]]
    sdp: str = SDP
    number: Callable[[int], str | None] = str
    coded: Callable[[str], bytes] = str.encode
    before: Mapping[str, bytes] = None  # type: ignore[assignment]
    behind: Mapping[str, bytes] = None  # type: ignore[assignment]
    refuses: Callable[[str, str, int], bool] = lambda *_: False
    stream: list[bytes] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.stream = packets(COUNT) if self.stream is None else self.stream
        self.asked = []

    def __call__(self, line: socket.socket) -> None:
        data = b""
        while received := line.recv(4096):
            data += received
            while True:
                if data.startswith(b"$") and len(data) >= 4:  # our reports
                    data = data[4 + int.from_bytes(data[2:4]) :]
                    continue
                head, ended, data_behind = data.partition(b"\r\n\r\n")
                if data.startswith(b"$") or not ended:
                    break
                data = data_behind
                if request := re.search(rb"([A-Z_]+) (\S+) RTSP/1\.0\r\n(?:.|\r\n)*?CSeq: (\d+)", head):
                    self.reply(line, request[1].decode(), int(request[3]), head.decode())

    def reply(self, line: socket.socket, method: str, number: int, head: str) -> None:
        self.asked.append(method)
        headers: dict[str, str | None] = {"CSeq": self.number(number), **HEADERS.get(method, {})}
        status, body = self.status.get(method, "200 OK"), self.sdp if method == "DESCRIBE" else ""
        if self.refuses(method, head, len(self.asked)):
            status, body, headers["WWW-Authenticate"] = "401 Unauthorized", "", AUTHENTICATE.format(len(self.asked))
        if body:
            headers["Content-Length"] = str(len(self.coded(body)))
        headers |= self.headers.get(method, {}) | self.headers.get("*", {})
        said = [
            f"RTSP/1.0 {status}".rstrip(),
            *(f"{name}: {value}" for name, value in headers.items() if value is not None),
        ]
        answer = self.coded("\r\n".join([*said, "", ""])) + self.coded(body)
        line.sendall((self.before or {}).get(method, b"") + answer + (self.behind or {}).get(method, b""))
        if method == "PLAY" and status.startswith("2"):
            for piece in self.stream:
                line.sendall(piece)


def odd(sdp: str = SDP, status: Mapping[str, str] | None = None, **more) -> Odd:
    headers = {name: more.pop(name) for name in list(more) if name.isupper() or name == "every"}
    if "every" in headers:
        headers["*"] = headers.pop("every")
    return Odd(status or {}, headers, sdp, **more)


def on_channel(channel: int) -> list[bytes]:
    return [b"$" + bytes((channel,)) + packet[2:] for packet in packets(COUNT)]


PACKET = packets(1)[0]
ASKS = b"OPTIONS rtsp://client/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"
ANNOUNCES = b"ANNOUNCE rtsp://client/ RTSP/1.0\nCSeq: 2\nContent-Length: 5\n\nv=0\r\n"
SETS = 'a=fmtp:96 packetization-mode=1; sprop-parameter-sets="AAAAAWdCwB7Z,aM4-gA"\r\n'
SDPS = {
    "LF": SDP.replace("\r\n", "\n"),
    "no control": SDP.replace("a=control:track1\r\n", ""),
    "control of the session alone": "v=0\r\na=control:*\r\n" + SDP[5:].replace("a=control:track1\r\n", ""),
    "a relative control of the session": "v=0\r\na=control:whole\r\n" + SDP[5:],
    "blanks around the control": SDP.replace("control:track1", "control: track1 "),
    "a control with a query": SDP.replace("track1", "track1?unicast=true&proto=Onvif"),
    "sound first": SDP.replace("m=video", "m=audio 0 RTP/AVP 0\r\na=control:track0\r\nm=video"),
    "more pictures": SDP + "m=video 0 RTP/AVP 26\r\na=control:track2\r\nm=application 0 RTP/AVP 107\r\n",
    "odd sets": SDP + SETS,
    "another profile of RTP": SDP.replace("RTP/AVP", "RTP/AVPF"),
    "nothing but what must be": "m=video 0 RTP/AVP 96\na=rtpmap:96 h264/90000\n",
}
CAMERAS: dict[str, Callable[[], Odd]] = {
    **{f"lines end with {end!r}": (lambda end=end: odd(coded=lines(end))) for end in ("\n", "\r", "\r\r\n", "\n\r")},
    "lines end in many ways": lambda: odd(coded=mixed),
    "CSeq 0": lambda: odd(number=lambda _: "0"),
    "the first CSeq 0": lambda: odd(number=lambda number: str(number - (number == 1))),
    "no CSeq": lambda: odd(number=lambda _: None),
    "CSeq always 1": lambda: odd(number=lambda _: "1"),
    "CSeq one ahead": lambda: odd(number=lambda number: str(number + 1)),
    "CSeq one behind": lambda: odd(number=lambda number: str(number - 1)),
    "CSeq at random": lambda: odd(number=lambda number: str(number * 7919 % 97)),
    "CSeq in words": lambda: odd(number=lambda _: "one"),
    "names in small letters": lambda: odd(coded=names(str.lower)),
    "names in capitals": lambda: odd(coded=names(str.upper)),
    "no blank behind names": lambda: odd(coded=lambda text: text.replace(": ", ":").encode()),
    "folded headers": lambda: odd(coded=lambda text: text.replace(";", ";\r\n\t").encode()),
    "blank lines in front": lambda: odd(before=dict.fromkeys(HEADERS, b"\r\n\n\r\n")),
    "no reason": lambda: odd(status=dict.fromkeys(HEADERS, "200")),
    "a reason without blanks": lambda: odd(status=dict.fromkeys(HEADERS, "200OK")),
    "250 instead of 200": lambda: odd(status={"PLAY": "250 Low on Storage Space"}),
    "100 first": lambda: odd(before=dict.fromkeys(HEADERS, b"RTSP/1.0 100 Continue\r\nCSeq: 1\r\n\r\n")),
    "a negative length": lambda: odd(SETUP={"Content-Length": "-1"}, PLAY={"Content-Length": "-5"}),
    "two lengths": lambda: odd(coded=lambda text: text.replace("Content-L", "Content-Length: 0\r\nContent-L").encode()),
    "a body behind each": lambda: odd(every={"X-Length": "0"}, behind={"OPTIONS": b"\r\n", "SETUP": b"\r\n\r\n"}),
    "no base": lambda: odd(DESCRIBE={"Content-Base": None}),
    "a relative base": lambda: odd(DESCRIBE={"Content-Base": "/live/"}),
    "garbage behind the base": lambda: odd(DESCRIBE={"Content-Base": "rtsp://camera/live/ ; foo"}),
    "a base in quotes": lambda: odd(DESCRIBE={"Content-Base": '"rtsp://camera/live/"'}),
    "a location": lambda: odd(DESCRIBE={"Content-Location": "rtsp://camera/live/"}),
    "a session with blanks": lambda: odd(SETUP={"Session": " 12 34 5 ; timeout = 60 "}),
    "a session with an odd time": lambda: odd(SETUP={"Session": "7;timeout=soon"}),
    "a session without time": lambda: odd(SETUP={"Session": "7;timeout=0"}),
    "no session": lambda: odd(SETUP={"Session": None}, PLAY={"Session": None}),
    "a session from the start": lambda: odd(DESCRIBE={"Session": "7"}, SETUP={"Session": None}),
    "no transport": lambda: odd(SETUP={"Transport": None}),
    "a transport without channels": lambda: odd(SETUP={"Transport": "RTP/AVP/TCP"}),
    "a transport the other way round": lambda: odd(
        SETUP={"Transport": 'interleaved=0-1;ssrc=DEADBEEF;mode="PLAY";unicast;RTP/AVP/TCP'}),
    "other channels": lambda: odd(SETUP={"Transport": "RTP/AVP/TCP;interleaved=4-5"}, stream=on_channel(4)),
    "one channel": lambda: odd(SETUP={"Transport": "RTP/AVP/TCP;interleaved=2"}, stream=on_channel(2)),
    "high channels": lambda: odd(SETUP={"Transport": "RTP/AVP/TCP;interleaved=96-97"}, stream=on_channel(96)),
    "other channels than it said": lambda: odd(SETUP={"Transport": "RTP/AVP/TCP;interleaved=2-3"}),
    **{f"ssrc={said}": (lambda said=said: odd(SETUP={"Transport": f"RTP/AVP/TCP;unicast;interleaved=0-1;ssrc={said}"}))
       for said in ("cafe", "0000CAFE", "0xCAFE", '"CAFE"', "0", "12345678", "nonsense", "")},
    "no OPTIONS": lambda: odd(status={"OPTIONS": "501 Not Implemented"}),
    "OPTIONS without words": lambda: odd(OPTIONS={"Public": None}),
    "no keep-alive": lambda: odd(SETUP={"Session": "7;timeout=1"}, status={"GET_PARAMETER": "405 No"}),
    **{f"describes {name}": (lambda sdp=sdp: odd(sdp)) for name, sdp in SDPS.items()},
    "packets before PLAY is answered": lambda: odd(before={"PLAY": PACKET}),
    "packets within setting up": lambda: odd(before={"PLAY": b"$\1\0\4\x80\xc8\0\0"}, behind={"SETUP": PACKET}),
    "asks us": lambda: odd(before={"DESCRIBE": ASKS, "PLAY": ANNOUNCES}, behind={"PLAY": ASKS}),
    "garbage before packets": lambda: odd(behind={"PLAY": b"$\xff\xff\xff\0\1garbage PLAYER $ \n"}),
    "empty packets": lambda: odd(behind={"PLAY": b"$\0\0\0$\1\0\0"}),
    "401 to each question at first": lambda: odd(refuses=lambda _, head, count: f'nonce="{count - 1}"' not in head),
}  # fmt: skip


@pytest.mark.parametrize("name", CAMERAS)
def test_it_plays(name: str) -> None:
    serve = CAMERAS[name]()
    with running_poller(interval=0.02) as poller, camera(serve) as port:
        collector = watch(poller, f"rtsp://admin:geheim@127.0.0.1:{port}/live?channel=1", COUNT)
        units = collector.wait()
    assert units[0].key
    assert sum(unit.lost for unit in units) == 0
    decoder = PacketDecoder(units[0].coding)
    pictures = [
        frame for unit in units for frame in decoder.decode(Packet(unit.time_s, unit.key, unit.size, unit.data))
    ]
    assert len(pictures) >= COUNT - 5


CHALLENGES = [
    "Digest realm=c, nonce=abc",
    'DIGEST  realm = "c" ,nonce = "abc"',
    'Digest realm=IP Camera, nonce="abc", stale=FALSE',
    'Digest realm="c"; nonce="abc"',
    'Digest realm="c", nonce="abc", algorithm=, qop=, opaque=',
    'Digest realm="c", nonce="abc", algorithm="md5", qop=""',
    'Digest realm="c", nonce="abc", algorithm=MD5, qop="auth-int, auth"',
    'Digest realm="c", nonce="abc", algorithm=MD5-sess, qop=auth',
    'Digest realm="", domain="/", nonce="abc", stale',
    'Digest realm="c", nonce="abc',
    'Basic realm="c"\r\nWWW-Authenticate: Digest realm="c", nonce="abc"',
    'Basic realm="c", Digest realm="c", nonce="abc"',
    "Basic",
]


@pytest.mark.parametrize("challenge", CHALLENGES)
def test_a_challenge_is_answered(challenge: str) -> None:
    """Whether rightly, tests of their own tell: here it is understood, and the way is what the camera offered."""
    scheme = "Basic" if challenge.rstrip() == "Basic" else "Digest"
    serve = odd(refuses=lambda _, head, __: f"Authorization: {scheme}" not in head, OPTIONS={}, status={})
    serve.headers = {method: {"WWW-Authenticate": challenge} for method in HEADERS}
    with running_poller(interval=0.02) as poller, camera(serve) as port:
        assert watch(poller, f"rtsp://admin:geheim@127.0.0.1:{port}/live", COUNT).wait()


def test_a_redirect_may_name_a_path_alone() -> None:
    serve = odd()

    class Moved(Odd):
        def reply(self, line: socket.socket, method: str, number: int, head: str) -> None:
            if "/new" in head:
                serve.reply(line, method, number, head)
            else:
                line.sendall(f"RTSP/1.0 302 Moved\nCSeq: {number}\nLocation: /new\n\n".encode())

    with running_poller(interval=0.02) as poller, camera(Moved({}, {})) as port:
        assert len(watch(poller, f"rtsp://127.0.0.1:{port}/old", COUNT).wait()) == COUNT
