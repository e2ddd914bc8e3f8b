"""CameraDecoder that lie: as brightness, and on real footage through an encoder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from gateway.vision.file_motion import motion_events
from gateway.vision.motion.gates import MotionGates
from gateway.vision.motion.tamper import TamperDetector, TamperEvent
from gateway.vision.stream.decoder import DecodedFrame, PacketDecoder
from gateway.vision.stream.packet import CodecParameters, Packet
from tests.support.film.film import encode
from tests.support.film.scenes import Picture, courtyard
from tests.support.film.weather import dusk, infrared, noise, rain

Change = Callable[[Picture, float], Picture]


def looks(change: Change, seconds: float, grain: float = 3.0, every: float = 4.0) -> list[tuple[float, TamperEvent]]:
    """A courtyard with the grain of a sensor, changed as `change` says, as looks at keyframes."""
    tamper, grainy, seen = TamperDetector(), noise(grain), []
    for number in range(round(seconds / every)):
        time = number * every
        picture = change(grainy(courtyard(), time), time)
        luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        seen += [(time, event) for event in tamper.update(luma, time)]
    return seen


def between(start: float, end: float, change: Change) -> Change:
    return lambda picture, time: change(picture, time) if start <= time < end else picture


def sprayed(picture: Picture, _: float) -> Picture:
    paint = cv2.GaussianBlur(np.random.default_rng(1).normal(40, 25, picture.shape), (0, 0), 40)
    return np.asarray(paint.clip(0, 255), np.uint8)


def capped(picture: Picture, time: float) -> Picture:
    return noise(2)(np.full_like(picture, 6), time)


def defocused(picture: Picture, _: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 6), np.uint8)


def turned(picture: Picture, _: float) -> Picture:
    return np.asarray(np.roll(picture, 90, axis=1), np.uint8)


def nudged(picture: Picture, _: float) -> Picture:
    return np.asarray(np.roll(picture, (14, 26), axis=(0, 1)), np.uint8)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (sprayed, "camera.covered"),
        (capped, "camera.covered"),
        (defocused, "camera.covered"),
        (turned, "camera.moved"),
        (nudged, "camera.moved"),
    ],
)
def test_it_is_told_once_and_once_that_it_is_over(change: Change, kind: str) -> None:
    (reported, first), (over, second) = looks(between(60, 120, change), 180)
    assert first.kind == kind
    assert 60 < reported <= 80
    assert second.kind == "camera.restored"
    assert second.data == {"was": kind.removeprefix("camera.")}
    assert 120 <= over <= 135


def held_before(side: str, share: float, shade: int) -> Change:
    """Something flat before a part of the lens, so near that its rim is blurred."""
    cover = np.zeros((360, 640), np.float32)
    cover[:, : round(640 * share)] = 1
    if side in {"top", "bottom"}:
        cover[:] = 0
        cover[: round(360 * share)] = 1
    turned = cover[::-1, ::-1] if side in {"right", "bottom"} else cover
    soft = np.asarray(cv2.GaussianBlur(np.ascontiguousarray(turned), (0, 0), 12), np.float32)[..., None]
    return lambda picture, _: np.asarray(picture * (1 - soft) + shade * soft, np.uint8)


@pytest.mark.parametrize("shade", [5, 120, 245])
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
@pytest.mark.parametrize("share", [0.5, 0.6, 0.8])
def test_something_flat_before_half_of_the_lens_is_told_after_a_minute(side: str, share: float, shade: int) -> None:
    grainy = noise(2)
    change = held_before(side, share, shade)
    reported = looks(between(60, 150, lambda picture, time: grainy(change(picture, time), time)), 180)
    assert [event.kind for _, event in reported] == ["camera.covered", "camera.restored"]
    assert 60 < reported[0][0] <= 60 + TamperDetector.PARTIAL_SECONDS + 10


def test_a_picture_that_stands_still_is_frozen() -> None:
    kept: list[Picture] = []

    def freeze(picture: Picture, _: float) -> Picture:
        kept.append(picture)
        return kept[0]

    (reported, first), (over, second) = looks(between(80, 160, freeze), 220)
    assert first.kind == "camera.frozen"
    assert 110 <= reported <= 125
    assert second.kind == "camera.restored"
    assert over < 180


def test_a_street_that_is_empty_after_a_busy_hour_is_not_frozen() -> None:
    """What passes is a hundred times what the grain of a good sensor leaves."""

    def busy(picture: Picture, time: float) -> Picture:
        if time < 400:
            left = round(time * 37) % 500
            picture[100:300, left : left + 120] = (200, 190, 180)
        return picture

    assert [event for _, event in looks(busy, 800, grain=0.7)] == []


def test_a_scene_that_never_trembled_is_not_called_frozen() -> None:
    assert looks(lambda picture, _: picture, 200, grain=0.01) == []


def test_a_lorry_in_front_of_half_the_scene_is_no_tampering() -> None:
    def lorry(picture: Picture, _: float) -> Picture:
        picture[60:, 200:520] = (200, 190, 180)
        return picture

    assert looks(between(60, 120, lorry), 180) == []


@pytest.mark.parametrize(
    "change", [infrared(80), between(60, 120, dusk(0.4)), between(60, 140, rain(200))], ids=["infrared", "lamp", "rain"]
)
def test_light_and_weather_are_no_tampering(change: Change) -> None:
    assert looks(change, 200) == []


def test_dusk_that_falls_slowly_becomes_usual() -> None:
    grainy = noise(2)

    def fall(picture: Picture, time: float) -> Picture:
        return grainy(dusk(max(0.12, 1 - time / 600))(picture, time), time)

    assert looks(fall, 700, grain=0.01) == []


def test_a_scene_that_stays_moved_is_taken_for_the_scene() -> None:
    reported = looks(between(60, 1e9, turned), 60 + TamperDetector.ADOPT_SECONDS + 120, every=10)
    assert [event.kind for _, event in reported] == ["camera.moved", "camera.restored"]


def traffic(shared_data: Path) -> list[Picture]:
    video = shared_data / "video" / "traffic.avi"
    if not video.exists():
        pytest.skip(f"no {video.name} in the shared data")
    with av.open(str(video)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)][::6]


@pytest.mark.parametrize("kind", ["frozen", "covered", "moved"])
def test_real_footage_through_an_encoder(kind: str, shared_data: Path, tmp_path: Path) -> None:
    """Half a minute of a real road at ten frames a second, then a minute of the lie, then the road again."""
    road = traffic(shared_data)
    lie: dict[str, Callable[[Picture], Picture]] = {
        "frozen": lambda _: road[50],
        "covered": lambda picture: defocused(picture, 0),
        "moved": lambda picture: np.asarray(np.roll(picture, (30, 60), (0, 1)), np.uint8),
    }

    def film() -> Iterator[Picture]:
        yield from road
        for number in range(600):
            yield lie[kind](road[number % len(road)])
        yield from road

    path = encode(tmp_path / f"{kind}.mp4", film(), rate=10)
    reported = [event for event in motion_events(str(path), MotionGates()) if event.kind.startswith("camera.")]
    assert [event.kind for event in reported] == [f"camera.{kind}", "camera.restored"]
    assert len(road) / 10 < reported[0].start < len(road) / 10 + 50


def sliced(path: Path, scene: Picture) -> list[list[bytes]]:
    """Keyframes of some slices each: their NAL units, two parameter sets first."""
    grainy = noise(3)
    options = {"preset": "ultrafast", "x264-params": "slices=4:keyint=1"}
    with av.open(str(path), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=5, options=options)
        stream.height, stream.width, stream.pix_fmt = 360, 640, "yuv420p"
        for _ in range(40):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grainy(scene, 0), format="bgr24")))
        container.mux(stream.encode())
    keys = re.split(rb"\x00\x00\x00?\x01(?=\x67)", path.read_bytes())[1:]
    return [[nal for nal in re.split(rb"\x00\x00\x00?\x01", key) if nal[0] & 31 in {5, 7, 8}] for key in keys]


def test_pictures_of_which_slices_are_missing_are_not_moved(tmp_path: Path) -> None:
    """From the tenth second on only the last slice arrives; the rest is made up from another camera's picture."""
    ours, others = sliced(tmp_path / "ours.h264", courtyard()), sliced(tmp_path / "others.h264", courtyard(7)[::-1])
    decoder, gates, reported = PacketDecoder(CodecParameters("h264")), MotionGates(), []

    def decoded(nals: list[bytes], time: float) -> list[DecodedFrame]:
        data = b"".join(b"\x00\x00\x00\x01" + nal for nal in nals)
        return list(decoder.decode_alone(Packet(time, True, len(data), data)))

    for number, (nals, other) in enumerate(zip(ours, others, strict=True)):
        decoded(other, 0.0)
        for frame in decoded(nals if number < 10 else [*nals[:2], nals[-1]], float(number)):
            assert frame.damaged == (number >= 10)
            reported += gates.update(frame.luma(640), frame.time, intact=not frame.damaged)
    assert [event.kind for event in reported if event.kind.startswith("camera.")] == []
