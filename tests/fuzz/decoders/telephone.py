"""Door stations: the telephone engine's control connection, the one call it makes to us, and its sound."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.protocols.sip.control import MAX_MESSAGE_BYTES, ControlDecoder, EngineEvent
from gateway.protocols.sip.extension import Extension
from gateway.protocols.sip.rtp import unpack_rtp
from tests.fuzz.subject import Feed, Subject

_NEWS = [
    b'{"event":true,"type":"CALL_INCOMING","accountaor":"sip:guard@h","direction":"incoming","peeruri":"sip:d@h","id":"b"}',
    b'{"response":true,"ok":true,"data":"--- 1 call ---\\n","token":"7"}',
    b'{"event":true,"type":"CALL_CLOSED","id":"b"}',
    b"[1]",
]
_SDP = "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 20000 RTP/AVP 96 101\r\na=rtpmap:96 L16/16000/1\r\n"
_HEADS = "Via: SIP/2.0/TCP h;branch=z9\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:u@h>\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n"
_REQUESTS = [
    f"{method} sip:{user}@127.0.0.1:5060 SIP/2.0\r\n{_HEADS}\r\n{_SDP if method == 'INVITE' else ''}".encode()
    for method in ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS")
    for user in ("user", "nobody")
]


def _netstring(body: bytes) -> bytes:
    return b"%d:%s," % (len(body), body)


def _control() -> Feed:
    decoder = ControlDecoder()

    def feed(chunk: bytes) -> None:
        for item in decoder.feed(chunk):
            assert not isinstance(item, EngineEvent) or item.type

    return feed


def _extension() -> Feed:
    extension = Extension("127.0.0.1", 5060, 20_000, user="user")

    def feed(datagram: bytes) -> None:
        answer = extension.handle(datagram)
        assert answer is None or answer.startswith(b"SIP/2.0 ")

    return feed


def _sound() -> Feed:
    def feed(packet: bytes) -> None:
        assert len(unpack_rtp(packet, 96)) % 2 == 0

    return feed


_PACKETS = [
    bytes.fromhex(head) + bytes(64)
    for head in ("8060000100000000deadbeef", "b260000200000000deadbeef" + "00" * 8 + "bede0001")
]


def subjects() -> Sequence[Subject]:
    control, heads = (b"9:{", b"262144:", b":", b","), (b"\r\n", b"\r\n\r\n", b"Call-ID:", b";tag=")
    return [
        Subject("sip-control", _control, lambda: _NEWS, seal=_netstring, words=control, holds=3 * MAX_MESSAGE_BYTES),
        Subject("sip-requests", _extension, lambda: _REQUESTS, whole=True, words=heads),
        Subject("sip-sound", _sound, lambda: _PACKETS, whole=True),
    ]
