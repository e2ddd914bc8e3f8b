"""RTP to access units: exact, lazy, and at ease with what cameras make of the standards."""

from __future__ import annotations

import random
import struct
from itertools import groupby

import pytest

from gateway.errors import BadInput
from gateway.vision.stream.rtp import receiver as module
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.codec import annex_b
from gateway.vision.stream.rtp.receiver import IDLE_TIME, RtpReceiver
from tests.vision.stream.coded import PAYLOAD_TYPE, RATE, SOURCE, encoded, media, packed, rtp

CODECS = ("h264", "hevc")
SLICED = {"h264": {"x264-params": "slices=4:sliced-threads=0"}, "hevc": {}}


def received(codec: str, packets: list[bytes]) -> list[AccessUnit]:
    return fed(RtpReceiver(media(codec)), packets, 0.0)


def fed(receiver: RtpReceiver, packets: list[bytes], now: float) -> list[AccessUnit]:
    """And then nothing came for a moment."""
    return receiver.feed(packets, now) + receiver.idle(now + IDLE_TIME)


@pytest.mark.parametrize("codec", CODECS)
def test_units_come_out_as_they_went_in(codec: str) -> None:
    pictures = encoded(codec, options=SLICED[codec])
    units = received(codec, packed(codec, pictures))
    assert [unit.nals() for unit in units] == pictures
    assert [unit.data for unit in units] == [annex_b(picture) for picture in pictures]
    assert [number for number, unit in enumerate(units) if unit.key] == [0, 25]
    assert [unit.time_s for unit in units] == pytest.approx([number / 25 for number in range(50)])
    assert not any(unit.lost for unit in units)
    assert units[0].format.parameters == tuple(
        nal for nal in pictures[0] if units[0].format.codec.parameter_set_rank(nal) is not None
    )


@pytest.mark.parametrize("codec", CODECS)
def test_without_marks_a_new_timestamp_ends_a_unit(codec: str) -> None:
    pictures = encoded(codec)
    units = received(codec, packed(codec, pictures, marked=False))
    assert [unit.nals() for unit in units] == pictures[:-1]


def marked(packets: list[bytes]) -> list[bytes]:
    """A mark on every packet that ends a slice."""
    out = []
    for packet in packets:
        ends = packet[12] & 31 != 28 or packet[13] & 64
        out.append(bytes((packet[0], packet[1] | 128)) + packet[2:] if ends else packet)
    return out


def test_a_camera_that_marks_every_slice_is_seen_through_from_its_first_picture_on() -> None:
    pictures = encoded("h264", options=SLICED["h264"])
    units = received("h264", marked(packed("h264", pictures)))
    assert [unit.nals() for unit in units] == pictures[:-1], "the last one may go on"


def test_a_camera_that_marks_every_slice_is_seen_through_though_its_pictures_come_one_by_one() -> None:
    """Seldom pictures, and those before the first keyframe in one slice each, whose marks are right."""
    pictures = encoded("h264", 30, options=SLICED["h264"])
    single = encoded("h264", 5)[1:]
    receiver, units = RtpReceiver(media()), []
    packets = marked(packed("h264", [*single, *pictures]))
    for _, batch in groupby(packets, lambda packet: packet[4:8]):
        units += fed(receiver, list(batch), len(units) * 12.0)
    assert [unit.nals() for unit in units] == [*single, *pictures][: len(units)]
    assert len(units) >= 30


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("how", ["all alike", "in pairs"])
@pytest.mark.parametrize("is_marked", [True, False])
def test_pictures_of_one_timestamp_are_told_apart_by_their_first_slice(codec: str, how: str, is_marked: bool) -> None:
    pictures = encoded(codec, 60, options=SLICED[codec])
    stamps = {"all alike": lambda _: 0, "in pairs": lambda number: number // 2 * 7200}[how]
    packets, sequence = [], 0
    for number, picture in enumerate(pictures):
        for packet in packed(codec, [picture], sequence=sequence, timestamp=stamps(number), marked=is_marked):
            packets.append(packet)
            sequence += 1
    units = received(codec, packets)
    assert [unit.nals() for unit in units] == (pictures if is_marked else pictures[:-1])
    assert not any(unit.lost for unit in units)


def test_marks_that_are_right_make_nobody_wait() -> None:
    receiver = RtpReceiver(media())
    packets = packed("h264", encoded("h264", 50))
    done = [len(receiver.feed([packet], 0.0)) for packet in packets]
    ends = [number for number, packet in enumerate(packets) if packet[1] & 128]
    assert all(done[number] for number in ends[2:])


def test_parameter_sets_with_a_mark_of_their_own_belong_to_the_picture() -> None:
    pictures = encoded("h264", 3)
    packets = packed("h264", pictures)
    units = received("h264", [bytes((p[0], p[1] | 128)) + p[2:] if p[12] & 31 in {7, 8} else p for p in packets])
    assert [unit.nals() for unit in units] == pictures


def test_units_with_one_timestamp_for_all_are_told_apart_by_their_marks() -> None:
    pictures = encoded("h264", 60)
    packets = [packet[:4] + bytes(4) + packet[8:] for packet in packed("h264", pictures)]
    receiver = RtpReceiver(media())
    units = [unit for number, packet in enumerate(packets) for unit in receiver.feed([packet], number / 10)]
    assert [unit.nals() for unit in units] == pictures
    assert units[-1].time_s > units[-10].time_s


def test_new_parameter_sets_count_from_their_unit_on() -> None:
    small, large = encoded("h264", 5), encoded("h264", 5, size=(640, 352))
    units = received("h264", packed("h264", [*small, *large]))
    formats = [unit.format for unit in units]
    assert formats[:5] == [formats[0]] * 5
    assert formats[5:] == [formats[5]] * 5
    assert formats[0] != formats[5]


def test_aggregation_packets_are_taken_apart() -> None:
    for codec, head in (("h264", b"\x78"), ("hevc", b"\x60\x01")):
        picture = encoded(codec, 1)[0]
        sets, rest = picture[:-1], picture[-1]
        together = head + b"".join(len(nal).to_bytes(2) + nal for nal in sets)
        packets = [rtp(together, 0, 0), *packed(codec, [[rest]], sequence=1, timestamp=0)]
        (unit,) = received(codec, packets)
        assert unit.nals() == picture
        assert unit.key
        assert len(unit.format.parameters) >= 2


def test_a_recovery_point_is_a_keyframe() -> None:
    sei, slice_ = bytes.fromhex("0606018480"), b"\x41\x9a" + bytes(50)
    (unit,) = received("h264", [rtp(sei, 0, 0), rtp(slice_, 1, 0, marker=True)])
    assert unit.key


def test_padding_sources_and_extension_are_no_payload() -> None:
    nal = b"\x65\x88" + bytes(range(30))
    header = struct.pack(">BBHII", 0xB2, 0x80 | PAYLOAD_TYPE, 1, 0, SOURCE)
    packet = header + bytes(8) + b"\xbe\xde\x00\x01abcd" + nal + b"\0\0\3"
    (unit,) = received("h264", [packet])
    assert unit.nals() == [nal]


def test_what_is_missing_is_counted_and_spoils_only_its_own_nal() -> None:
    pictures = encoded("h264", 4)
    packets = packed("h264", pictures)
    spoiled = [packet for packet in packets if packet is not packets[5]]
    receiver = RtpReceiver(media())
    units = fed(receiver, spoiled, 0.0)
    assert receiver.lost == 1
    assert [unit.lost for unit in units] == [1, 0, 0, 0]
    left = units[0].nals()
    assert len(left) == len(pictures[0]) - 1
    assert all(nal in pictures[0] for nal in left)
    assert [unit.nals() for unit in units[1:]] == pictures[1:]


def test_what_is_missing_between_two_pictures_may_be_of_both() -> None:
    """Or a keyframe without its beginning would be taken for whole."""
    packets = packed("h264", encoded("h264", 28))
    marks = [number for number, packet in enumerate(packets) if packet[1] & 128]
    missing = range(marks[24], marks[24] + 3)
    units = received("h264", [packet for number, packet in enumerate(packets) if number not in missing])
    assert [number for number, unit in enumerate(units) if unit.lost] == [24, 25]


def test_the_same_packet_twice_is_taken_once() -> None:
    pictures = encoded("h264", 10)
    packets = [packet for packet in packed("h264", pictures) for _ in range(2)]
    receiver = RtpReceiver(media())
    assert [unit.nals() for unit in fed(receiver, packets, 0.0)] == pictures
    assert receiver.dropped == len(packets) // 2


def test_a_camera_that_begins_to_count_anew_is_followed() -> None:
    pictures = encoded("h264", 10)
    packets = packed("h264", pictures[:5], sequence=30_000) + packed("h264", pictures[5:], sequence=10, timestamp=99)
    units = received("h264", packets)
    assert [unit.nals() for unit in units[-4:]] == pictures[-4:]


def test_time_goes_on_over_a_leap_and_without_reports_no_wall_clock_is_claimed() -> None:
    receiver = RtpReceiver(media())
    slices = b"\x41\x80" + bytes(20)
    first = fed(receiver, [rtp(slices, 0, 1000, marker=True)], 10.0)
    second = fed(receiver, [rtp(slices, 1, 2_000_000_000, marker=True)], 10.5)
    assert second[0].time_s - first[0].time_s == pytest.approx(0.5)
    assert second[0].wall_s is None


def test_a_clock_that_is_set_back_is_a_leap_and_pictures_out_of_order_are_none() -> None:
    receiver = RtpReceiver(media())
    slices = b"\x41\x80" + bytes(20)
    said = [100.00, 100.12, 100.04, 100.08, 95.04, 95.08]
    times = [
        fed(receiver, [rtp(slices, number, round(at * 90_000), marker=True)], number / RATE)[0].time_s
        for number, at in enumerate(said)
    ]
    assert times == pytest.approx([0.00, 0.12, 0.04, 0.08, 0.12, 0.16])


def test_keyframes_far_apart_are_no_leap() -> None:
    receiver = RtpReceiver(media())
    slices = b"\x65\x80" + bytes(20)
    times = [fed(receiver, [rtp(slices, n, n * 900_000, marker=True)], n * 10.0)[0].time_s for n in range(5000)]
    assert times[-1] == pytest.approx(49_990.0)


@pytest.mark.parametrize(("size", "count"), [(1000, 2000), (1, 20_000)], ids=["large", "tiny"])
def test_a_picture_without_end_is_given_up(size: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_UNIT", 1 << 20)
    receiver = RtpReceiver(media())
    endless = [rtp(b"\x41" + bytes(size - 1), number, 0) for number in range(count)]
    with pytest.raises(BadInput, match="does not end"):
        receiver.feed(endless, 0.0)


def test_packets_that_can_not_be_read_are_counted_and_many_end_it() -> None:
    receiver = RtpReceiver(media())
    good = rtp(b"\x41\x80" + bytes(9), 0, 0, marker=True)
    bad = [b"", b"\x80", bytes(40), rtp(b"\x00abc", 9, 9), rtp(b"\x1d\x80abc", 9, 9)]
    for number in range(1000):
        receiver.feed([*bad, good[:2] + number.to_bytes(2) + good[4:]], 0.0)
    with pytest.raises(BadInput, match="in a row"):
        receiver.feed(bad * 100, 0.0)


def test_any_order_of_garbage_is_survived() -> None:
    client_nonce = random.Random(3)
    packets = packed("h264", encoded("h264", 20))
    for _ in range(50):
        receiver = RtpReceiver(media())
        for packet in packets:
            spoiled = bytearray(packet)
            for _ in range(client_nonce.randrange(3)):
                spoiled[client_nonce.randrange(len(spoiled))] = client_nonce.randrange(256)
            for unit in receiver.feed([bytes(spoiled[: client_nonce.randrange(len(spoiled) + 1)])], 0.0):
                assert isinstance(unit.data, bytes)
