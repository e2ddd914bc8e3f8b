"""What counts as a living stream: pictures in their usual rhythm, and a keyframe to begin with."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from gateway.errors import LinkLost
from gateway.vision.stream.polling.rtsp_client import RtspClient
from gateway.vision.stream.polling.stall_detection import FrameCadence, StallDetector
from gateway.vision.stream.rtp.access_unit import AccessUnit
from tests.vision.stream.cameras import Camera, camera
from tests.vision.stream.coded import encoded, media, packed, received, unit
from tests.vision.stream.unit_collector import PATIENCE, UnitCollector

KEY, OTHER = unit(0.0, 100, key=True), unit(0.0, 100)


def lived(
    progress: StallDetector, cadence: FrameCadence, seconds: float, *, packets: bool = False
) -> tuple[float, str]:
    """When it is given up if nothing comes for so long, and why."""
    at = progress._last_picture
    for step in range(int(seconds * 4)):
        if fault := progress.check(at + step / 4, packets=packets, foreign_packets=0):
            return step / 4, str(fault)
    return float("inf"), ""


@pytest.mark.parametrize("apart", [12.0, 25.0, 29.0])
def test_a_slow_camera_stays(apart: float) -> None:
    cadence = FrameCadence()
    progress = StallDetector(cadence, 0.0)
    for number in range(1, 50):
        at = number * apart
        assert progress.check(at - 0.1, packets=False, foreign_packets=0) is None
        progress.pictures_received([KEY], at)
    after, why = lived(progress, cadence, 400)
    assert after == pytest.approx(3 * apart, abs=0.5)
    assert "sent no packet for" in why


@pytest.mark.parametrize("apart", [60.0, 100.0, 240.0])
def test_a_slower_camera_stays_once_it_is_known(apart: float) -> None:
    """Its connections are given up too soon at first, each later than the one before; then it is never lost again."""
    cadence, now, lost = FrameCadence(), 0.0, 0
    for _ in range(10):
        progress = StallDetector(cadence, now)
        for number in range(20):
            if number and progress.check(now + apart, packets=False, foreign_packets=0):
                lost += 1
                break
            now += apart if number else 0.0
            progress.pictures_received([KEY], now)
        else:
            break
    assert lost <= 3
    assert cadence.gaps >= 19


def test_the_installer_may_know_better() -> None:
    cadence = FrameCadence(max_gap=900.0)
    progress = StallDetector(cadence, 0.0)
    for number in range(1, 10):
        assert progress.check(number * 600.0 - 0.1, packets=False, foreign_packets=0) is None
        progress.pictures_received([KEY], number * 600.0)


def test_a_lively_camera_is_given_up_soon_and_so_it_is_after_it_was_lost() -> None:
    cadence = FrameCadence()
    for _ in range(3):
        progress = StallDetector(cadence, 0.0)
        for number in range(1, 100):
            progress.pictures_received([KEY], number / 4)
        after, _ = lived(progress, cadence, 60)
        assert after == pytest.approx(10.25)


def test_a_camera_that_is_lively_at_times_keeps_its_slow_rhythm_meanwhile() -> None:
    cadence = FrameCadence()
    progress, now = StallDetector(cadence, 0.0), 0.0
    for number in range(200):
        now += 12.0 if number % 50 < 5 else 0.25
        assert progress.check(now - 0.01, packets=False, foreign_packets=0) is None
        progress.pictures_received([KEY], now)


def test_packets_without_pictures_are_no_life() -> None:
    cadence = FrameCadence()
    progress = StallDetector(cadence, 0.0)
    for number in range(1, 10):
        progress.pictures_received([KEY], number / 4)
    after, why = lived(progress, cadence, 60, packets=True)
    assert after < 11
    assert "sent packets and no picture for 10 s" in why
    told = progress.check(1000.0, packets=True, foreign_packets=5)
    assert "another session" in str(told)


def test_pictures_without_a_keyframe_are_no_life() -> None:
    progress = StallDetector(FrameCadence(), 0.0)
    told = [progress.check(number / 25, packets=False, foreign_packets=0) for number in fed(progress, [OTHER] * 1500)]
    when = next(number / 25 for number, why in enumerate(told) if why)
    assert when == pytest.approx(StallDetector.KEY_TIMEOUT, abs=0.1)
    assert "no keyframe to begin with for 60 s" in str(told[-1])


def test_a_seldom_picture_is_waited_for_longer_and_a_long_group_is_no_fault() -> None:
    """A picture in twelve seconds, a keyframe in four minutes; and five minutes between keyframes at 25 a second."""
    progress = StallDetector(FrameCadence(), 0.0)
    for number in range(1, 21):
        progress.pictures_received([OTHER], number * 12.0)
        assert progress.check(number * 12.0, packets=False, foreign_packets=0) is None
    progress = StallDetector(FrameCadence(), 0.0)
    for number in fed(progress, [KEY] + [OTHER] * 7500):
        assert progress.check(number / 25, packets=False, foreign_packets=0) is None


def test_what_is_broken_by_a_loss_must_mend_at_a_keyframe() -> None:
    lossy = unit(0.0, 100, lost=2)
    progress = StallDetector(FrameCadence(), 0.0)
    told = [
        progress.check(number / 25, packets=False, foreign_packets=0)
        for number in fed(progress, [KEY, lossy] + [OTHER] * 1500)
    ]
    assert told[900] is None
    assert "no keyframe" in str(told[-1])
    progress = StallDetector(FrameCadence(), 0.0)
    for number in fed(progress, ([KEY, lossy] + [OTHER] * 500) * 3):
        assert progress.check(number / 25, packets=False, foreign_packets=0) is None


def fed(progress: StallDetector, units: list[AccessUnit]) -> Iterator[int]:
    for number, one in enumerate(units):
        progress.pictures_received([one], number / 25)
        yield number


class Slow(Camera):
    """Sends the next picture when it is told to."""

    def __init__(self, pictures: int) -> None:
        super().__init__()
        self.next = Event()
        self._pictures = [packed("h264", [nals], sequence=100 * at, timestamp=at * 12 * 90_000)
                          for at, nals in enumerate(encoded("h264", pictures, key_every=1))]  # fmt: skip

    def _answer(self, line: socket.socket, method: str, number: str) -> None:
        super()._answer(line, method, number)
        if method == "PLAY":
            for packets in self._pictures:
                self.next.wait(PATIENCE)
                self.next.clear()
                line.sendall(b"".join(b"$\0" + len(packet).to_bytes(2) + packet for packet in packets))


class Driven:
    """A reception whose time a test advances."""

    def __init__(self, port: int) -> None:
        self.collector, self.now = UnitCollector(), 1000.0
        self.reception = RtspClient(f"rtsp://127.0.0.1:{port}/x", self.collector)

    def until(self, what: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < deadline
            self.now += 0.1 if self.collector.media else 0.0
            self.reception.poll(self.now)
            Event().wait(0.002)


@contextmanager
def driven(serve: Camera) -> Iterator[Driven]:
    with camera(serve) as port:
        it = Driven(port)
        yield it
        it.reception.close()


def test_one_picture_in_twelve_seconds_is_received_as_long_as_it_comes() -> None:
    serve = Slow(8)
    with driven(serve) as it:
        it.until(lambda: it.collector.media)
        for number in range(8):
            it.now += 12.0 - 0.5
            it.reception.poll(it.now)
            serve.next.set()
            it.until(lambda number=number: len(it.collector.units) > number)
        assert all(one.key for one in it.collector.units)
        with pytest.raises(LinkLost, match="sent no packet for"):
            it.until(lambda: False)


def test_the_end_of_a_picture_is_not_waited_for_where_pictures_are_seldom() -> None:
    assert len(received("h264", packed("h264", encoded("h264", 1)))) == 1
    assert media().source is None
