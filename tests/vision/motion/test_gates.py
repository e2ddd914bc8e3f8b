"""The three gates together: as packets and pictures by hand, and on films through an encoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from gateway.vision.file_motion import FileMotionReader, motions
from gateway.vision.motion.events import DecodeRequest, MotionEvent
from gateway.vision.motion.gates import MotionGates
from gateway.vision.motion.luma import Luma
from gateway.vision.stream.decoder import DecodedFrame, PacketDecoder
from gateway.vision.stream.packet import Packet
from gateway.vision.stream.pyav_source import PyAvSource
from tests.support.film.actors import Actor, Car, Walker
from tests.support.film.film import Coding, Film
from tests.support.film.scenes import courtyard
from tests.support.film.weather import Weather, infrared, lamp, noise, rain

RATE = 25


class Camera:
    """Drives gates by hand: what is in the picture and what packets cost are told apart."""

    def __init__(self, group: float = 2.0, *, follow: bool = False) -> None:
        self.gates = MotionGates(follow=follow)
        self.group = round(group * RATE)
        self.number = 0
        self.wants: list[tuple[float, DecodeRequest]] = []
        self.events: list[MotionEvent] = []
        self._shown: list[tuple[float, bool]] = []
        self._chance = np.random.default_rng(2)
        self._scene = self._chance.integers(60, 180, (90, 160)).astype(np.float32)

    def run(self, seconds: float, size: float = 400.0, walks: bool = False) -> None:
        for _ in range(round(seconds * RATE)):
            time, key = self.number / RATE, self.number % self.group == 0
            cost = 20_000 if key else round(size * float(np.exp(self._chance.normal(0, 0.05))))
            want = self.gates.add_packet(time, key, cost)
            self.wants.append((time, want))
            self.events += self.gates.expire(time)
            self._shown.append((time, walks))
            if want is DecodeRequest.REWIND:
                self._go_back()
            elif want is not DecodeRequest.NONE:
                self.events += self.gates.update(self._picture(time, walks), time)
            self.number += 1

    def _go_back(self) -> None:
        for time, walked in self._shown:
            if time >= self.gates.rewind_to and self.gates.is_due(time):
                self.events += self.gates.update(self._picture(time, walked), time)

    def wanted(self, start: float, end: float) -> set[DecodeRequest]:
        return {want for time, want in self.wants if start <= time < end}

    def _picture(self, time: float, walks: bool) -> Luma:
        picture = self._scene + self._chance.normal(0, 1, self._scene.shape)
        if walks:
            x = round(time * 20) % 140
            picture[40:60, x : x + 8] = 250
        return np.asarray(picture.clip(0, 255), np.uint8)


def test_a_calm_stream_is_decoded_at_its_start_and_then_a_keyframe_now_and_then() -> None:
    camera = Camera()
    camera.run(120)
    assert camera.wanted(0, 2) == {DecodeRequest.ALL}
    assert camera.wanted(3, 120) == {DecodeRequest.NONE, DecodeRequest.KEYFRAME}
    looks = [time for time, want in camera.wants if want is DecodeRequest.KEYFRAME and time > 70]
    assert np.diff(looks) == pytest.approx(MotionGates.IDLE_INTERVAL)


def test_sizes_that_move_have_every_picture_looked_at_and_nothing_seen_ends_it() -> None:
    camera = Camera()
    camera.run(30)
    camera.run(1.5, size=900)
    assert DecodeRequest.ALL in camera.wanted(30, 30.6)
    camera.run(10)
    assert camera.wanted(33, 41) <= {DecodeRequest.NONE, DecodeRequest.KEYFRAME}
    assert camera.events == []


def test_sizes_that_cry_wolf_are_heeded_less() -> None:
    camera = Camera()
    camera.run(30)
    for _ in range(30):
        camera.run(0.6, size=520)
        camera.run(3.4)
    vain = [want is DecodeRequest.ALL for time, want in camera.wants if time > 90]
    assert np.mean(vain) < 0.15


def test_a_walker_is_told_within_a_second_and_coasted_on_keyframes() -> None:
    camera = Camera()
    camera.run(30)
    camera.run(10, size=900, walks=True)
    camera.run(6)
    started, ended = camera.events
    assert (started.kind, ended.kind) == ("motion.started", "motion.ended")
    assert started.start == pytest.approx(30, abs=1)
    assert ended.end == pytest.approx(40, abs=1.5)
    assert camera.wanted(33, 39) == {DecodeRequest.NONE, DecodeRequest.KEYFRAME}


def test_who_needs_the_pictures_gets_all_of_them() -> None:
    camera = Camera(follow=True)
    camera.run(30)
    camera.run(10, size=900, walks=True)
    assert camera.wanted(32, 40) == {DecodeRequest.ALL}


def test_what_only_a_keyframe_shows_is_looked_at_from_the_keyframe_before() -> None:
    camera = Camera()
    camera.run(31)
    camera.run(10, walks=True)
    (back,) = [time for time, want in camera.wants if want is DecodeRequest.REWIND]
    assert 40 <= back < 40.2
    assert camera.gates.rewind_to == 30
    assert [event.kind for event in camera.events][:1] == ["motion.started"]


def test_a_guard_who_looks_gets_pictures() -> None:
    camera = Camera()
    camera.run(20)
    camera.gates.request_pictures(5)
    camera.run(10)
    assert camera.wanted(20, 24.9) == {DecodeRequest.ALL}
    assert DecodeRequest.ALL not in camera.wanted(25.1, 30)


def test_a_leap_in_time_is_a_new_beginning() -> None:
    camera = Camera()
    camera.run(20)
    camera.number += 3600 * RATE
    camera.run(20)
    assert camera.wanted(3620, 3620.5) == {DecodeRequest.ALL}
    assert DecodeRequest.ALL not in camera.wanted(3625, 3640)


COURT: Sequence[Actor] = [
    Walker(8, 14, ((10, 250), (330, 260)), (40, 40, 160)),
    Car(20, 24, 300, (160, 160, 165)),
    Walker(30, 36, ((600, 200), (420, 205)), (150, 60, 40)),
]


@pytest.mark.parametrize(
    ("name", "weather", "coding"),
    [
        ("day", [noise(3)], Coding()),
        ("night", [infrared(0)], Coding()),
        ("rain", [rain(120), noise(3)], Coding()),
        ("lamp", [lamp((4, 17, 27)), noise(3)], Coding()),
        ("smart", [noise(3)], Coding(group=10)),
        ("layers", [noise(3)], Coding(group=4, b_frames=3)),
        ("constant", [noise(4)], Coding(kbits=400)),
    ],
)
def test_everybody_in_a_film_is_found_and_nobody_else(
    name: str, weather: list[Weather], coding: Coding, tmp_path: Path
) -> None:
    film = Film(name, courtyard(), 40, COURT, weather, coding)
    found = motions(str(film.shoot(tmp_path)))
    for start, end in film.truth:
        assert any(begin <= start + 1 and until > start for begin, until in found), (start, end, found)
    for begin, until in found:
        assert any(begin < end + 1.5 and until > start - 1.5 for start, end in film.truth), (begin, until)


def test_of_a_calm_film_little_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = Film("calm", courtyard(), 40, (), [noise(3)])
    decoded = 0
    with_source = PyAvSource(str(film.shoot(tmp_path)))
    watcher = FileMotionReader(MotionGates(), with_source.coding)
    original = PacketDecoder.decode

    def counted(self: PacketDecoder, packet: Packet) -> Iterator[DecodedFrame]:
        nonlocal decoded
        decoded += 1
        return original(self, packet)

    monkeypatch.setattr(PacketDecoder, "decode", counted)
    reported = [event for packet in with_source.packets() for event in watcher.add_packet(packet)]
    with_source.close()
    assert reported == []
    assert decoded < 0.2 * film.seconds * film.rate
