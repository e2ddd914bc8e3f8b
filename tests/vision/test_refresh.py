"""Streams without keyframes: refreshed bit by bit (GDR, intra refresh) they are watched as others are."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from gateway.vision.camera_decoder import CameraDecoder, KeyframeDecoder
from gateway.vision.camera_recogniser import TimedFrame
from gateway.vision.file_motion import motions
from gateway.vision.frame_analysis import FrameAnalysis
from gateway.vision.frame_selection import RandomAccessPoints
from gateway.vision.latest_frames import LatestFrames
from gateway.vision.send_queue import SendQueue
from gateway.vision.sighting import Sighting
from gateway.vision.stream.fmp4.remux import mux_clip
from gateway.vision.stream.packet_ring import PacketRing
from gateway.vision.stream.rtp.access_unit import AccessUnit
from gateway.vision.stream.rtp.h264 import H264
from gateway.vision.stream.rtp.h265 import H265
from gateway.vision.stream.rtp.sei import MAX_RECOVERY, recovery_point
from gateway.vision.stream_config import StreamConfig
from gateway.vision.view.subscribers import Subscribers
from tests.support.film.film import Coding, Film, cast
from tests.support.film.scenes import courtyard
from tests.support.film.weather import noise
from tests.vision.stream.coded import encoded, nals, packed, received, unit

REFRESH = {"intra-refresh": "1", "x264-params": "scenecut=0"}


def refreshed(count: int = 150, key_every: int = 25) -> list[AccessUnit]:
    return received("h264", packed("h264", encoded("h264", count, key_every=key_every, options=REFRESH)))


UNITS = refreshed()


def test_recovery_points_are_starts() -> None:
    points = [(number, one.recovery) for number, one in enumerate(UNITS) if one.key]
    assert points[0] == (0, 0)
    assert [number for number, _ in points] == [0, *range(25, 150, 25)]
    assert all(15 <= recovery <= 25 for _, recovery in points[1:])


def test_a_picture_can_be_had_where_the_refresh_has_come_full_circle() -> None:
    points = RandomAccessPoints()
    whole = [number for number, one in enumerate(UNITS) if points.accept(one)]
    assert whole == [0, *(number + UNITS[25].recovery for number in range(25, 150 - UNITS[25].recovery, 25))]


def test_starts_that_overlap_and_losses() -> None:
    points = RandomAccessPoints()
    long = unit(0.0, 100, key=True)
    long.recovery = 5
    other, lossy = unit(0.0, 100), unit(0.0, 100, lost=1)
    assert [points.accept(one) for one in [long, other, other, long, other, other, other, other, other]] == (
        5 * [False] + [True, False, False, True]
    )
    assert not any(points.accept(one) for one in [long, other, lossy] + [other] * 10)
    assert points.accept(unit(0.0, 100, key=True))


def test_the_picture_at_one_unit_is_the_one_that_all_of_them_give() -> None:
    ring, keys, points = PacketRing(), KeyframeDecoder(), RandomAccessPoints()
    pictures, straight = CameraDecoder(ring.units), CameraDecoder(lambda _: [])
    compared = 0
    for one in UNITS:
        ring.add(one)
        (frame,) = straight._decode([one])
        if points.accept(one):
            (alone,) = pictures.decode_alone(one, keys)
            assert np.array_equal(alone.bgr, frame.bgr)
            compared += 1
    assert compared > 4


def test_a_ring_goes_back_to_where_the_picture_is_right() -> None:
    ring = PacketRing(2.0, 1 << 24, 0)
    for number, one in enumerate(UNITS):
        ring.add(one)
        if number < 100 or number % 7:
            continue
        for since in (one.time_s - 2.0, one.time_s - 1.1, one.time_s, float("inf")):
            units = ring.units(since)
            frames = list(CameraDecoder(lambda _: [])._decode(units))
            assert frames[0].time <= min(since, one.time_s) + 0.05


def test_a_clip_begins_at_a_recovery_point() -> None:
    assert mux_clip(UNITS[30:])


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("06 01 24 80", 3),
        ("06 01 c0 80", 0),
        ("00 02 aa bb 01 01 cc 06 01 24 80", 3),
        ("05 ff 02" + " 11" * 257 + " 06 01 24 80", 3),
        ("01 03 00 00 03 00 06 01 24 80", 3),
        ("05 04 06 01 84 80 80", None),
        ("06", None),
        ("06 00", 0),
        ("06 05 00 02 ff ff 80 80", MAX_RECOVERY),
        ("ff ff ff", None),
        ("", None),
    ],
)
def test_recovery_points_are_found_among_other_messages(body: str, count: int | None) -> None:
    assert recovery_point(b"\x06" + bytes.fromhex(body), 1) == count
    if count:
        assert H264().pictures_to_recovery([b"\x80" + bytes(11) + b"\x06" + bytes.fromhex(body)]) == count


def test_h265_counts_from_below() -> None:
    assert recovery_point(b"\x4e\x01\x06\x01\x24\x80", 2, signed=True) == 2
    assert recovery_point(b"\x4e\x01\x06\x01\x2c\x80", 2, signed=True) == 0
    packet = b"\x80" + bytes(11) + b"\x4e\x01\x06\x01\x24\x80"
    assert H265().inspect(packet, 12) & 32
    assert H265().pictures_to_recovery([packet]) == 2


FILM = {
    name: Film(f"refresh {name}", courtyard(), 50, cast(50, 0.25, 5), [noise(3)], Coding(refresh=name == "gdr"))
    for name in ("idr", "gdr")
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("films")
    return {name: film.shoot(folder) for name, film in FILM.items()}


@pytest.mark.parametrize("name", FILM)
def test_everybody_in_a_file_is_found_and_nobody_else(name: str, files: dict[str, Path]) -> None:
    film = FILM[name]
    found = motions(str(files[name]))
    assert len(found) == len(film.truth) == 2
    for (start, end), (begin, until) in zip(film.truth, found, strict=True):
        assert abs(begin - start) < 1.5
        assert abs(until - end) < 1.5


class Seen(SendQueue):
    def __init__(self) -> None:
        super().__init__(lambda: 0)
        self.kinds: list[str] = []

    def send_sighting(self, stream: int, sighting: Sighting) -> None:
        assert stream
        self.kinds.append(sighting.kind)


def live(file: Path) -> list[str]:
    """What a worker tells of it when it comes over RTP."""
    seen, subscribers = Seen(), Subscribers(PacketRing())
    look = FrameAnalysis(1, StreamConfig("rtsp://camera/"), subscribers, seen, LatestFrames[TimedFrame]())
    steps = look.steps(KeyframeDecoder())
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        bitstream = av.BitStreamFilterContext("h264_mp4toannexb", stream)
        units = [
            nals(bytes(one)) for packet in container.demux(stream) if packet.size for one in bitstream.filter(packet)
        ]
    for one in received("h264", packed("h264", units)):
        subscribers.add(one)
        look.put(one)
        while next(steps):
            pass
    assert look.has_picture
    return seen.kinds


def test_live_the_same_is_told_as_with_keyframes(files: dict[str, Path]) -> None:
    told = {name: live(file) for name, file in files.items()}
    assert told["gdr"] == told["idr"] == 2 * ["motion.started", "motion.ended"]
