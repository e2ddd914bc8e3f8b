"""Door stations: the telephone engine's control connection, the one call it makes to us, and its sound; captures."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import BadInput
from gateway.links import tape
from gateway.links.sip.control import LONGEST, Decoder, Event
from gateway.links.sip.extension import Extension
from gateway.links.sip.rtp import unpack
from tests.fuzz.subject import Feed, Subject

_NEWS = [
    b'{"event":true,"type":"CALL_INCOMING","class":"call","accountaor":"sip:guard@127.0.0.1","direction":"incoming",'
    b'"peeruri":"sip:door1@127.0.0.1","id":"bfd0654f33d1eb2c","param":"sip:door1@127.0.0.1"}',
    b'{"response":true,"ok":true,"data":"--- 1 call ---\\n","token":"7"}', b'{"event":true,"type":"CALL_CLOSED","id":"b"}', b"[1]",
]  # fmt: skip
_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=audio 20000 RTP/AVP 96 101\r\na=rtpmap:96 L16/16000/1\r\n"
_HEADS = "Via: SIP/2.0/TCP 127.0.0.1;branch=z9\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:u@h>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"
_REQUESTS = [
    f"{method} sip:{user}@127.0.0.1:5060 SIP/2.0\r\n{_HEADS}\r\n{_SDP if method == 'INVITE' else ''}".encode()
    for method in ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS")
    for user in ("user", "nobody")
]


def _netstring(body: bytes) -> bytes:
    return b"%d:%s," % (len(body), body)


def _control() -> Feed:
    decoder = Decoder()

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk):
            assert not isinstance(item, Event) or item.type

    return feed


def _extension() -> Feed:
    extension = Extension("127.0.0.1", 5060, 20_000, user="user")

    def feed(datagram: bytes) -> None:
        answer = extension.take(datagram)
        assert answer is None or answer.startswith(b"SIP/2.0 ")

    return feed


def _sound() -> Feed:
    def feed(packet: bytes) -> None:
        assert len(unpack(packet, 96)) % 2 == 0

    return feed


def _capture() -> Feed:
    def feed(file: bytes) -> None:
        for _, piece in tape.pieces(file.decode("utf-8", "replace").splitlines()):
            tape.redacted(piece.data, [b"secret"])

    return feed


_PACKETS = [bytes.fromhex(head) + bytes(64) for head in ("8060000100000000deadbeef", "b260000200000000deadbeef" + "00" * 8 + "bede0001")]
_TAPE = b'{"anju": "capture", "device": "d", "kind": "k"}\n{"t": 0.01, "way": "in", "data": "aa5501", "peer": "10.0.0.7:1"}\n'


def subjects() -> Sequence[Subject]:
    return [
        Subject("sip-control", _control, lambda: _NEWS, seal=_netstring, words=(b"9:{", b"262144:", b":", b","), holds=3 * LONGEST),
        Subject("sip-requests", _extension, lambda: _REQUESTS, whole=True, words=(b"\r\n", b"\r\n\r\n", b"Call-ID:", b";tag=")),
        Subject("sip-sound", _sound, lambda: _PACKETS, whole=True),
        Subject("capture", _capture, lambda: [_TAPE], (BadInput,), whole=True, words=(b'"t"', b'"data"', b"null", b"{}", b"\n")),
    ]
