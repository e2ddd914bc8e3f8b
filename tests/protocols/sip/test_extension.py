"""Our own extension and its sound: only the engine gets through, anything else is answered or left alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.protocols.sip.extension import Extension, parse_request
from gateway.protocols.sip.rtp import FRAME_BYTES, RtpPacker, unpack_rtp
from gateway.protocols.sip.sdp import AudioOffer, parse_offer

OFFER = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\na=tool:baresip 1.0.0\r\n"
    "m=audio 44256 RTP/AVP 96 101\r\na=rtpmap:96 L16/16000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
)


def request(method: str, user: str, body: str = "", call: str = "c1") -> bytes:
    lines = [f"{method} sip:{user}@127.0.0.1:5070 SIP/2.0", "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1;rport"]
    lines += ["From: <sip:talk@127.0.0.1>;tag=a", f"To: <sip:{user}@127.0.0.1>", f"Call-ID: {call}"]
    lines += [f"CSeq: 1 {method}", f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines).encode()


def status(answer: bytes | None) -> str:
    assert answer
    return answer.partition(b"\r\n")[0].decode()


def test_the_engine_is_let_in_and_told_where_the_sound_is() -> None:
    extension = Extension("127.0.0.1", 5070, 7000)
    answer = extension.handle(request("INVITE", extension.user, OFFER))
    assert status(answer) == "SIP/2.0 200 OK"
    assert answer is not None
    assert b"m=audio 7000 RTP/AVP 96\r\na=rtpmap:96 L16/16000" in answer
    assert extension.offer == AudioOffer("127.0.0.1", 44256, 96)
    assert extension.handle(request("INVITE", extension.user, OFFER)) == answer, "sent again, answered alike"
    assert extension.handle(request("ACK", extension.user)) is None
    assert not extension.over
    assert status(extension.handle(request("BYE", extension.user))) == "SIP/2.0 200 OK"
    assert extension.over


def test_nobody_else_is() -> None:
    extension = Extension("127.0.0.1", 5070, 7000)
    assert status(extension.handle(request("INVITE", "guess", OFFER))) == "SIP/2.0 404 Not Found"
    assert status(extension.handle(request("INVITE", extension.user, OFFER.replace("L16", "PCMU")))).endswith(
        "488 Not Acceptable Here"
    )
    extension.handle(request("INVITE", extension.user, OFFER))
    assert status(extension.handle(request("INVITE", extension.user, OFFER, "c2"))) == "SIP/2.0 486 Busy Here"
    assert status(extension.handle(request("BYE", extension.user, call="c2"))).startswith("SIP/2.0 481")
    assert status(extension.handle(request("OPTIONS", extension.user))).startswith("SIP/2.0 405")
    assert not extension.over


@given(st.binary(max_size=400) | st.text(max_size=300).map(lambda text: f"INVITE sip:x@y SIP/2.0\r\n{text}".encode()))
def test_anything_may_come_in_a_datagram(datagram: bytes) -> None:
    parse_request(datagram)
    extension = Extension("127.0.0.1", 5070, 7000)
    extension.handle(datagram)
    assert extension.offer is None


@given(st.text(max_size=300))
def test_anything_may_stand_in_an_offer(text: str) -> None:
    for offer in (text, OFFER + text, text.join(OFFER.split("\r\n"))):
        found = parse_offer(offer)
        assert found is None or 0 < found.port < 65_536


@given(st.binary(max_size=FRAME_BYTES).filter(lambda sound: len(sound) % 2 == 0 and sound), st.integers(0, 127))
def test_sound_comes_out_as_it_went_in(sound: bytes, payload: int) -> None:
    packer = RtpPacker(payload)
    first, second = packer.pack(sound), packer.pack(sound)
    assert unpack_rtp(first, payload) == unpack_rtp(second, payload) == sound
    assert unpack_rtp(first, payload ^ 1) == b""
    assert first[12:14] == sound[1::-1], "the network's byte order"
    number = [int.from_bytes(packet[2:4]) for packet in (first, second)]
    assert (number[0] + 1) % 65_536 == number[1]
    assert (first[1] >> 7, second[1] >> 7) == (1, 0), "the first of a talk is marked"


@given(st.binary(max_size=200), st.integers(0, 127))
def test_anything_may_come_as_a_packet(packet: bytes, payload: int) -> None:
    assert len(unpack_rtp(packet, payload)) % 2 == 0
    padded = bytes((0x80 | 0x20 | 0x10 | 3, payload)) + packet
    assert len(unpack_rtp(padded, payload)) <= len(packet)
