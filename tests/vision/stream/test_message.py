"""RTSP's byte stream: messages and packets mixed, cut anywhere, with garbage between."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies

from gateway.errors import BadInput
from gateway.vision.stream.rtsp import message
from gateway.vision.stream.rtsp.message import RtspParser, RtspRequest, RtspResponse, encode_interleaved, encode_message

PACKET = encode_interleaved(0, b"\x80" + bytes(20))
REPLY = b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\n$\0\0\1"
ASKED = b"GET_PARAMETER rtsp://camera/ RTSP/1.0\r\ncseq: 9\r\n\r\n"
STREAM = PACKET + REPLY + PACKET + ASKED + b"\r\n" + PACKET


def test_a_reply_may_come_between_packets() -> None:
    first, reply, second, request, third = RtspParser().feed(STREAM)
    assert first == second == third == (0, PACKET[4:])
    assert isinstance(reply, RtspResponse)
    assert (reply.status, reply.reason, reply.sequence, reply.body) == (200, "OK", 3, b"$\0\0\1")
    assert isinstance(request, RtspRequest)
    assert (request.method, request.url, request.sequence) == ("GET_PARAMETER", "rtsp://camera/", 9)


def test_one_byte_at_a_time_is_the_same() -> None:
    reader = RtspParser()
    found = [item for at in range(len(STREAM)) for item in reader.feed(STREAM[at : at + 1])]
    assert found == RtspParser().feed(STREAM)


@given(strategies.lists(strategies.integers(0, len(STREAM)), max_size=8))
def test_cut_anywhere_is_the_same(cuts: list[int]) -> None:
    reader, places = RtspParser(), sorted({0, len(STREAM), *cuts})
    found = [item for start, stop in pairwise(places) for item in reader.feed(STREAM[start:stop])]
    assert found == RtspParser().feed(STREAM)


@pytest.mark.parametrize("garbage", [b"\0\1\2", b"abc def\r\n", b"$\xff\0", b"\x80" * 500, b"R$RT"])
def test_the_way_back_is_found_after_garbage(garbage: bytes) -> None:
    reader = RtspParser()
    found = reader.feed(PACKET + garbage + PACKET * 3 + REPLY + PACKET * 40)
    if garbage.startswith(b"$"):  # taken for a packet: what it seems to hold is gone, not more
        assert len(found) >= 40
        return
    assert found[0] == found[1] == (0, PACKET[4:])
    assert len(found) == 45
    assert reader.garbage == len(garbage)


@given(strategies.binary(max_size=3000), strategies.integers(1, 700))
def test_garbage_is_bounded_and_typed(data: bytes, step: int) -> None:
    reader = RtspParser()
    try:
        for at in range(0, len(data), step):
            reader.feed(data[at : at + step])
            assert len(reader._buffer) <= message.MAX_BODY + message.MAX_HEAD + 4
    except BadInput:
        pass


@given(strategies.binary(max_size=60), strategies.binary(max_size=200))
def test_what_begins_like_a_message_is_bounded_and_typed(head: bytes, rest: bytes) -> None:
    try:
        RtspParser().feed(b"RTSP/1.0 200 OK\r\nContent-Length:" + head + b"\r\n\r\n" + rest)
        RtspParser().feed(b"RTSP/" + head + b"\r\n\r\n" + rest)
    except BadInput:
        pass


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "right port"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 9999999\r\n\r\n", "body"),
        (b"RTSP/1.0 nonsense\r\n\r\n", "no RTSP"),
        (b"RTSP/1.0 200 OK\r\n" + b"a: b\r\n" * 4000, "head"),
        (b"\x01" * 70_000, "no RTSP"),
    ],
)
def test_what_is_no_rtsp_is_told(data: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        RtspParser().feed(data)


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\r\n", b"\n\r"], ids=repr)
@pytest.mark.parametrize("step", [1, 1000])
def test_lines_end_as_cameras_end_them(end: bytes, step: int) -> None:
    said = end.join([b"RTSP/1.0 200 OK", b"cseq: 3", b"Content-Length: 4", b"", b"v=0 "])
    stream = said + PACKET + end.join([b"RTSP/1.0 200 OK", b"CSeq: 4", b"", b""]) + PACKET
    reader = RtspParser()
    items = [one for at in range(0, len(stream), step) for one in reader.feed(stream[at : at + step])]
    answers = [item for item in items if isinstance(item, RtspResponse)]
    assert [(one.sequence, one.body.strip()) for one in answers] == [(3, b"v=0"), (4, b"")]
    assert items.count((0, PACKET[4:])) == 2


def test_lines_may_end_in_many_ways_in_one_answer() -> None:
    said = b"\n\r\nRTSP/1.0 200\nCSeq: 3\rX-Folded: one\r\n\ttwo\nContent-Length: 2\nContent-Length: 0\r\n\nab"
    (answer,) = RtspParser().feed(said)
    assert isinstance(answer, RtspResponse)
    assert (answer.status, answer.reason, answer.sequence, answer.body) == (200, "", 3, b"ab")
    assert answer.get("x-folded") == "one two"


def test_an_answer_with_lone_crs_is_whole_without_another_byte() -> None:
    (answer,) = RtspParser().feed(b"RTSP/1.0 200 OK\rCSeq: 3\r\r")
    assert isinstance(answer, RtspResponse)
    assert answer.sequence == 3


@pytest.mark.parametrize("said", ["-1", "none", "", "+4x"])
def test_a_length_that_is_no_number_is_none(said: str) -> None:
    (answer, *_) = RtspParser().feed(f"RTSP/1.0 200 OK\r\nContent-Length: {said}\r\n\r\n$abcd".encode())
    assert isinstance(answer, RtspResponse)
    assert answer.body == (b"$abc" if "4" in said else b"")


def test_garbage_now_and_then_ends_no_connection() -> None:
    reader = RtspParser()
    for _ in range(200):
        assert len(reader.feed(b"\1" * 1000 + PACKET)) == 1


@pytest.mark.parametrize("garbage", [b"ABC def", b"Z/", b"PLAYS on", b"$\xf0\xff\xff\x80"])
def test_garbage_that_looks_like_a_message_or_a_packet_swallows_none(garbage: bytes) -> None:
    assert RtspParser().feed(PACKET + garbage + PACKET * 3) == [(0, PACKET[4:])] * 4


def test_a_channel_that_the_camera_named_is_no_garbage() -> None:
    high = encode_interleaved(200, b"\x80" + bytes(20))
    assert RtspParser().feed(high + PACKET) == [(0, PACKET[4:])]
    assert len(RtspParser(last_channel=201).feed(high + PACKET)) == 2


def test_a_header_can_not_smuggle_in_another() -> None:
    sent = encode_message("PLAY rtsp://camera/ RTSP/1.0", [("Session", "1\r\nEvil: yes")])
    assert sent.count(b"\r\n") == 3
    assert b"\r\nEvil" not in sent
