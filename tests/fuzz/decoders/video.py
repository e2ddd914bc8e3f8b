"""Cameras: RTSP, session descriptions, RTP, coded pictures, and the MP4 that is made of them; residents' photographs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image

from gateway.errors import BadInput, LinkLost
from gateway.vision.stream.decoder import Decoder
from gateway.vision.stream.fmp4.boxes import init_segment
from gateway.vision.stream.fmp4.remux import Remuxer, clip
from gateway.vision.stream.fmp4.shape import shape_of
from gateway.vision.stream.plain import PlainUnits
from gateway.vision.stream.ring import MOST, Ring
from gateway.vision.stream.rtp.codec import annex_b
from gateway.vision.stream.rtp.order import Reorder
from gateway.vision.stream.rtp.receiver import MAX_UNIT, Receiver
from gateway.vision.stream.rtp.rtcp import parse, receiver_report
from gateway.vision.stream.rtp.unit import Format
from gateway.vision.stream.rtsp.auth import Credentials, challenges
from gateway.vision.stream.rtsp.message import MAX_BODY, MAX_GARBAGE, MAX_HEAD, Message, Reader, interleaved
from gateway.vision.stream.rtsp.sdp import description
from gateway.vision.stream.rtsp.session import Ready, Session, State
from gateway.vision.stream.rtsp.target import Target
from gateway.vision.stream.rtsp.transport import Datagrams, Interleaved
from gateway.vision.stream.source import Coding, Packet
from gateway.web.pages.photo import NotAPhoto, harmless
from tests.fuzz.subject import Feed, Subject
from tests.vision.stream.coded import FORMATS, encoded, media, packed

BASE = "rtsp://camera:8554/live/1"
TICK = 1 / 500
"""Seconds between two packets."""
SMALL = (96, 64)


@lru_cache
def _pictures(codec: str) -> Sequence[Sequence[bytes]]:
    return [list(unit) for unit in encoded(codec, 30, size=SMALL, key_every=5) if unit]


def _packets(codec: str) -> list[bytes]:
    return packed(codec, _pictures(codec), sequence=0, timestamp=0)


def _receiver(codec: str) -> Feed:
    """Datagrams in order, to pictures, a ring of them, MP4 live and as a file."""
    reorder, receiver, remuxer, ring, now = Reorder(), Receiver(media(codec)), Remuxer(), Ring(2.0, 1 << 20), 0.0

    def feed(packet: bytes) -> None:
        nonlocal now
        now += TICK
        for unit in receiver.feed(reorder.push(packet, now) + reorder.overdue(now), now):
            ring.add(unit)
            remuxer.push(unit)
            assert unit.size <= MAX_UNIT + 65536
        receiver.control(packet[12:], now)
        if receiver.received % 500 == 0:
            receiver.report(now)
            if kept := ring.units():
                _made(kept)

    return feed


def _made(units: list) -> None:
    try:
        clip(units)
    except BadInput:
        return


def _rtcp() -> Feed:
    def feed(packet: bytes) -> None:
        list(parse(packet))
        repr(receiver_report(1, "anju", None))

    return feed


_REPORTS = [
    bytes.fromhex("80c80006cafecafe e9a5b20080000000 000010000000000100000100".replace(" ", "")),
    bytes.fromhex("81cb0001cafecafe"), bytes.fromhex("81ca0003cafecafe0104616e6a750000"),
]  # fmt: skip


def _sets(codec: str) -> list[bytes]:
    """Sequence parameter sets of several profiles and sizes."""
    wanted = [{}, {"profile": "high"}, {"profile": "high444"}] if codec == "h264" else [{}]
    rank = FORMATS[codec].codec.rank
    units = [encoded(codec, 1, size=size, options=how)[0] for size in (SMALL, (98, 66), (1920, 1080)) for how in wanted]
    return [nal for unit in units for nal in unit if rank(nal) == (codec == "hevc")]


def _shape(codec: str) -> Feed:
    def feed(nal: bytes) -> None:
        form = Format(FORMATS[codec].codec).with_sets([nal])
        init_segment(form, shape_of(form))

    return feed


def _plain(codec: str) -> Feed:
    """Two bytes of length, the stream's own description, a picture: as another library hands them on."""

    def feed(data: bytes) -> None:
        stop = 2 + int.from_bytes(data[:2])
        units, remuxer = PlainUnits(Coding(codec, data[2:stop])), Remuxer()
        for at in (0.0, 0.04):
            remuxer.push(units.unit(Packet(at, True, len(data), data[stop:])))

    return feed


def _described(codec: str) -> list[bytes]:
    first, unit = _pictures(codec)[:2]
    rank = FORMATS[codec].codec.rank
    sets = [nal for nal in first if rank(nal) is not None]
    if codec == "h264":
        counted = [b"\xe1" + len(sets[0]).to_bytes(2) + sets[0], b"\x01" + len(sets[1]).to_bytes(2) + sets[1]]
        record = b"\x01" + sets[0][1:4] + b"\xff" + b"".join(counted)
    else:
        arrays = b"".join(bytes((nal[0] >> 1 & 63, 0, 1)) + len(nal).to_bytes(2) + nal for nal in sets)
        record = b"\x01" + bytes(20) + b"\x03" + bytes((len(sets),)) + arrays
    sized = b"".join(len(nal).to_bytes(4) + nal for nal in unit)
    both = [(record, sized), (annex_b(sets), annex_b(unit)), (record, b"".join(len(n).to_bytes(4) + n for n in first))]
    return [len(extra).to_bytes(2) + extra + data for extra, data in both]


def _decoder(codec: str) -> Feed:
    decoder, time = Decoder(Coding(codec)), 0.0

    def feed(data: bytes) -> None:
        nonlocal time
        time += 0.04
        for frame in decoder.decode(Packet(time, False, len(data), data)):
            assert frame.luma(320).size > 0

    return feed


_ANSWER = "RTSP/1.0 {} Said\r\nCSeq: {}\r\nSession: 77;timeout=30\r\n{}\r\n"
_SDP = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=control:*\r\nm=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\nm=video 0 RTP/AVP 96 97\r\n"
    "a=control:track1\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z2QAKawbGlAUAW7AQAA=,aO48sA==\r\n"
    "a=rtpmap:97 H265/90000\r\n"
)
_HEVC = "m=video 0 RTP/AVP 98\r\na=rtpmap:98 H265/90000\r\na=fmtp:98 sprop-vps=QAEMAf;sprop-sps=QgEB,QgEC;sprop-pps=RAHA;sprop-max-don-diff=0\r\n"
_ASKS = 'WWW-Authenticate: Digest realm="camera", nonce="n", qop="auth,auth-int", algorithm=SHA-256\r\nWWW-Authenticate: Basic realm="x"\r\n'


def _talks() -> list[bytes]:
    """What cameras answer from the first question on, packets behind it; with a login, UDP, a redirection."""
    sdp = f"Content-Base: {BASE}/\r\nContent-Length: {len(_SDP)}\r\n\r\n{_SDP}"
    described = _ANSWER.format(200, 2, sdp)[:-2]
    ways = ("RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001")
    begin = _ANSWER.format(200, 1, "Public: OPTIONS, GET_PARAMETER\r\n")
    talks = [begin + described + _ANSWER.format(200, 3, f"Transport: {way}\r\n") + _ANSWER.format(200, 4, "") for way in ways]
    talks.append(begin + _ANSWER.format(401, 2, _ASKS) + described.replace("CSeq: 2", "CSeq: 3"))
    talks.append(begin + _ANSWER.format(302, 2, "Location: rtsp://other/1\r\n"))
    talks.append(f"SET_PARAMETER {BASE} RTSP/1.0\r\nCSeq: 9\r\n\r\n" + _ANSWER.format(461, 1, ""))
    packets = b"".join(interleaved(0, packet) for packet in _packets("h264")[:30]) + interleaved(1, _REPORTS[0])
    return [talk.encode() + packets for talk in talks]


def _messages() -> Feed:
    reader = Reader()

    def feed(chunk: bytes) -> None:
        for item in reader.feed(chunk):
            if isinstance(item, Message):
                assert item.sequence is None or item.sequence >= 0

    return feed


def _session(talk: bytes) -> None:
    """One connection from its beginning, in three pieces."""
    session, reader, receiver = Session(Target.of("rtsp://admin:ge%40heim@camera:8554/live/1")), Reader(), None
    session.begin()
    for start in range(0, len(talk), len(talk) // 3 + 1):
        for item in reader.feed(talk[start : start + len(talk) // 3 + 1]):
            if isinstance(item, Message):
                session.receive(item, 1.0)
            elif receiver:
                receiver.feed([item[1]], 1.0)
            if session.state is State.NEEDS_PORTS:
                session.use_ports(5000)
            for event in session.events():
                receiver = Receiver(event.media) if isinstance(event, Ready) else None
            session.tick(100.0)
            assert b"ge@heim" not in session.outgoing()


def _sdp(body: bytes) -> None:
    found = description(body, BASE)
    assert found.media.rate > 0
    assert found.media.format.extradata is not None


def _headers(header: bytes) -> None:
    """What a camera says of logins, ways and other addresses."""
    text = header.decode("latin-1")
    credentials = Credentials("admin", "geheim")
    if credentials.meet(challenges([text, text[:40]])):
        assert "geheim" not in (credentials.header("DESCRIBE", BASE) or "")
    Interleaved().agreed(text), Datagrams(5000).agreed(text)
    target = Target.of("rtsp://admin:geheim@camera:8554/live/1")
    assert "geheim" not in target.hide(f"{text} geheim") + target.redirected(text).shown


_HEADERS = (
    b'Digest realm="a \\" b", nonce="n", stale=TRUE, algorithm=MD5-sess, qop="auth", opaque="x"', b'Basic realm="x", Digest nonce=1',
    b"RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1", b"RTP/AVP;unicast;client_port=1-2;server_port=6000-6001",
    b"rtsp://u:p%40x@[fe80::1%25eth0]:554/a?b=c#d", b"rtsps://other:322/1",
)  # fmt: skip


def _photos() -> list[bytes]:
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 30, 3), dtype=np.uint8))
    kept = []
    for form, how in (("JPEG", {"quality": 60}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {})):
        out, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = 6
        picture.save(out, form, exif=exif, **how)
        kept.append(out.getvalue())
    return kept


def _photo(data: bytes) -> None:
    assert harmless(data).startswith(b"\xff\xd8")


def _of_codec(codec: str) -> Sequence[Subject]:
    sets = (b"\0\0\3", b"\0\0\1", b"\x67", b"\x42\1", b"\xff" * 8, bytes(8))
    return [
        Subject(
            f"rtp-{codec}", lambda: _receiver(codec), lambda: _packets(codec), (BadInput,),
            whole=True, in_order=True, holds=2 * MAX_UNIT + MOST,
        ),
        Subject(f"sps-{codec}", lambda: _shape(codec), lambda: _sets(codec), (BadInput,), whole=True, words=sets),
        Subject(f"av-{codec}", lambda: _plain(codec), lambda: _described(codec), (BadInput,), whole=True, words=sets),
        Subject(
            f"pictures-{codec}", lambda: _decoder(codec), lambda: [annex_b(unit) for unit in _pictures(codec)],
            whole=True, in_order=True, words=sets, holds=16 << 20,
        ),
    ]  # fmt: skip


def subjects() -> Sequence[Subject]:
    lines = (b"\r\n", b"\r\n\r\n", b"$\0\0\4", b"RTSP/1.0 200 OK\r\n", b"Content-Length: ", b"m=video ", b"a=fmtp:", b'"', b"=")
    return [
        Subject(
            "rtsp-messages", _messages, _talks, (BadInput,), words=lines, holds=MAX_HEAD + MAX_BODY + MAX_GARBAGE + (64 << 10)
        ),
        Subject("rtsp-session", lambda: _session, _talks, (BadInput, LinkLost), whole=True, words=lines),
        Subject("rtsp-headers", lambda: _headers, lambda: _HEADERS, (LinkLost,), whole=True, words=lines),
        Subject("sdp", lambda: _sdp, lambda: [_SDP.encode(), _HEVC.encode()], (BadInput,), whole=True, words=lines),
        Subject("rtcp", _rtcp, lambda: _REPORTS, whole=True),
        *_of_codec("h264"),
        *_of_codec("hevc"),
        Subject("photo", lambda: _photo, _photos, (NotAPhoto,), whole=True, words=(b"\xff\xd8", b"\xff\xc4", b"IHDR", b"IDAT"), holds=16 << 20),
    ]
