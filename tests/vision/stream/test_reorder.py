"""Datagrams back in order, and the clock and RTCP beside them."""

from __future__ import annotations

import random
import struct

from hypothesis import given, strategies

from gateway.vision.stream.rtp.receiver import RtpReceiver
from gateway.vision.stream.rtp.reorder import MAX_PENDING, MAX_WAIT, ReorderBuffer
from gateway.vision.stream.rtp.rtcp import Goodbye, ReceptionReport, SenderReport, parse, receiver_report
from tests.vision.stream.coded import SOURCE, encoded, media, packed, rtp

NTP = 3_900_000_000
WALL = NTP - 2_208_988_800


def sender_report(source: int, timestamp: int, seconds: int = NTP) -> bytes:
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, source, seconds, 1 << 31, timestamp, 10, 1000)


@given(strategies.randoms(use_true_random=False))
def test_a_shuffled_stream_is_put_in_order(client_nonce: random.Random) -> None:
    packets = [rtp(b"\x41\x80" + bytes(20), 65_500 + number, 0) for number in range(300)]
    late = sorted(range(1, 300), key=lambda number: number + client_nonce.random() * MAX_PENDING / 2)
    order = ReorderBuffer()
    out = [packet for number in [0, *late] for packet in order.push(packets[number], 0.0)]
    assert out == packets
    assert order.late == 0


def test_what_does_not_come_is_waited_for_a_moment() -> None:
    packets = [rtp(b"\x41\x80", number, 0) for number in range(5)]
    order = ReorderBuffer()
    assert order.push(packets[0], 1.0) == packets[:1]
    assert order.push(packets[2], 1.0) == []
    assert order.take_overdue(1.0 + MAX_WAIT / 2) == []
    assert order.take_overdue(1.0 + MAX_WAIT) == packets[2:3]
    assert order.push(packets[1], 1.5) == []
    assert order.late == 1
    assert order.push(packets[3], 1.5) == packets[3:4]


def test_waiting_is_bounded() -> None:
    order = ReorderBuffer()
    order.push(rtp(b"\x41", 0, 0), 0.0)
    out = [packet for number in range(2, 2 + 3 * MAX_PENDING) for packet in order.push(rtp(b"\x41", number, 0), 0.0)]
    assert len(out) == 3 * MAX_PENDING
    assert len(order._pending) <= MAX_PENDING + 1


@given(strategies.lists(strategies.binary(max_size=40), max_size=300))
def test_any_datagrams_are_survived(datagrams: list[bytes]) -> None:
    order, receiver = ReorderBuffer(), RtpReceiver(media())
    for number, datagram in enumerate(datagrams):
        receiver.receive_rtcp(datagram, number / 10)
        receiver.feed(order.push(b"\x80\x60" + datagram, number / 10), number / 10)
        assert len(order._pending) <= MAX_PENDING + 1


def test_a_sender_report_tells_when_a_picture_was_taken() -> None:
    receiver = RtpReceiver(media())
    packets = packed("h264", encoded("h264", 50), timestamp=0)
    before = receiver.feed(packets[:200], 0.0)
    receiver.receive_rtcp(sender_report(SOURCE, 90_000), 0.0)
    receiver.receive_rtcp(sender_report(SOURCE + 1, 0), 0.0)
    after = receiver.feed(packets[200:], 0.0)
    assert before[0].wall_s is None
    assert after[-1].wall_s is not None
    assert after[-1].wall_s - after[-1].time_s == WALL + 0.5 - 1


def test_a_camera_that_was_never_told_the_time_claims_none() -> None:
    assert list(parse(sender_report(1, 0, seconds=0))) == []
    assert list(parse(sender_report(1, 0, seconds=5000))) == []


def test_goodbye_is_heard_from_the_camera_alone() -> None:
    receiver = RtpReceiver(media())
    receiver.feed([rtp(b"\x41\x80", 0, 0)], 0.0)
    receiver.receive_rtcp(struct.pack(">BBHI", 0x81, 203, 1, 77), 0.0)
    assert not receiver.ended
    receiver.receive_rtcp(sender_report(SOURCE, 0) + struct.pack(">BBHI", 0x81, 203, 1, SOURCE), 0.0)
    assert receiver.ended


def test_a_receiver_report_says_what_was_lost() -> None:
    receiver = RtpReceiver(media(), own_source=7)
    receiver.receive_rtcp(sender_report(SOURCE, 0), 1.0)
    receiver.feed([rtp(b"\x41\x80", number, 0) for number in range(65_530, 65_540) if number != 65_533], 1.0)
    said = receiver.report(3.0)
    own, source, loss, highest, jitter, middle, delay = struct.unpack_from(">7I", said, 4)
    assert (own, source, highest, jitter, delay) == (7, SOURCE, 65_539, 0, 2 * 65_536)
    assert (loss >> 24, loss & 0xFFFFFF) == (25, 1)
    assert middle == NTP << 16 & 0xFFFFFFFF | 1 << 15
    assert said[32:34] == b"\x81\xca"
    assert len(said) % 4 == 0
    assert struct.unpack_from(">7I", receiver.report(3.0), 4)[2] >> 24 == 0


def test_reports_before_anything_came_and_beyond_all_bounds() -> None:
    assert RtpReceiver(media()).report(0.0)[:2] == b"\x80\xc9"
    worst = ReceptionReport(1 << 31, 2.0, 1 << 40, 1 << 40, 1, 1e9)
    assert len(receiver_report(1, "anju", worst)) % 4 == 0


@given(strategies.binary(max_size=200))
def test_any_rtcp_is_survived(data: bytes) -> None:
    for said in [*parse(data), *parse(b"\x81\xc8\0\6" + data), *parse(b"\x9f\xcb\0\2" + data)]:
        assert isinstance(said, SenderReport | Goodbye)
