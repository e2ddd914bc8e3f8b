from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.vision.motion.motion_areas import OUTSIDE_ZONES, MotionChange
from gateway.vision.motion.motion_interval import MotionInterval
from gateway.vision.motion.pixel_gate import PixelGate
from gateway.vision.motion.scene_layout import ImageZone, SceneLayout
from gateway.vision.motion.sensitivity import Sensitivity

Picture = NDArray[np.uint8]
ROWS, COLUMNS = 108, 192


def scene() -> NDArray[np.float64]:
    coarse = np.random.default_rng(7).uniform(60, 180, (9, 16))
    return cv2.resize(coarse, (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC).clip(40, 210)


def film(
    seconds: float, draw: Callable[[NDArray[np.float64], float], object], noise: float = 3.0, grain: float = 0.0
) -> Iterator[Picture]:
    """Looks at the scene, with the `grain` of gravel or brick, each drawn upon and then made noisy."""
    client_nonce = np.random.default_rng(3)
    gravel = np.random.default_rng(5).normal(0, grain, (ROWS, COLUMNS))
    for look in range(round(seconds / PixelGate.INTERVAL)):
        picture = scene() + gravel
        changed = draw(picture, look * PixelGate.INTERVAL)
        picture = changed if isinstance(changed, np.ndarray) else picture
        yield (picture + client_nonce.normal(0, noise, picture.shape)).clip(0, 255).astype(np.uint8)


def changes(frames: Iterator[Picture], gate: PixelGate) -> list[MotionChange]:
    reported = [each for number, luma in enumerate(frames) for each in gate.update(luma, number * PixelGate.INTERVAL)]
    return reported + gate.finish()


def watch(frames: Iterator[Picture], gate: PixelGate | None = None) -> list[MotionInterval]:
    return [reported.motion for reported in changes(frames, gate or PixelGate()) if reported.motion.end is not None]


def walker(start: float, end: float) -> Callable[[NDArray[np.float64], float], None]:
    """A dark figure that crosses between two times."""

    def draw(picture: NDArray[np.float64], time: float) -> None:
        if start <= time < end:
            x = round(10 + (COLUMNS - 30) * (time - start) / (end - start))
            picture[50:80, x : x + 10] = 25

    return draw


def test_a_walker_is_seen_from_start_to_end() -> None:
    (motion,) = watch(film(20, walker(6, 12)))
    assert motion.start == pytest.approx(6, abs=0.5)
    assert motion.end == pytest.approx(12, abs=0.5)
    x, y, width, height = motion.box
    assert x < 0.1
    assert x + width > 0.85
    assert 0.3 < y < 0.5
    assert height < 0.5


def test_two_passes_with_a_pause_are_two_motions() -> None:
    first, second = walker(4, 7), walker(13, 16)
    motions = watch(film(22, lambda picture, time: (first(picture, time), second(picture, time))))
    assert [round(motion.start) for motion in motions] == [4, 13]


def test_who_stops_for_three_seconds_and_goes_on_is_one_motion() -> None:
    def halting(picture: NDArray[np.float64], time: float) -> None:
        if 4 <= time < 13:
            way = min(time, 7) - 4 + max(0, time - 10)
            picture[50:80, round(10 + 25 * way) :][:, :10] = 25

    (motion,) = watch(film(24, halting))
    assert (motion.start, motion.end) == (pytest.approx(4, abs=0.5), pytest.approx(13, abs=0.5))


def test_who_comes_elsewhere_while_another_is_just_gone_is_told_at_once() -> None:
    first, second = walker(4, 7), walker(9.4, 12.4)
    frames = film(24, lambda picture, time: (first(picture, time), second(picture, time)))
    gate, reported = PixelGate(), []
    for number, luma in enumerate(frames):
        reported += [
            (number * PixelGate.INTERVAL, each.motion) for each in gate.update(luma, number * PixelGate.INTERVAL)
        ]
    began = [(time, motion.start) for time, motion in reported if motion.end is None]
    assert [start for _, start in began] == [pytest.approx(4, abs=0.5), pytest.approx(9.4, abs=0.5)]
    assert all(time - start < 1 for time, start in began)
    assert [motion.end for _, motion in reported if motion.end] == [
        pytest.approx(7, abs=0.5),
        pytest.approx(12.4, abs=0.5),
    ]


def test_what_a_keyframe_showed_is_not_known_yet_when_it_is_looked_at_from_further_back() -> None:
    frames = list(film(40, walker(30, 36)))
    gate, second = PixelGate(), round(1 / PixelGate.INTERVAL)
    for number in range(10 * second):
        gate.update(frames[number], number * PixelGate.INTERVAL)
    gate.update(frames[33 * second], 33.0, isolated=True)
    assert gate.saw_movement
    gate.rewind()
    reported = [
        each for number in range(24 * second, 34 * second) for each in gate.update(frames[number], number / second)
    ]
    assert [each.motion.start for each in reported] == [pytest.approx(30, abs=0.5)]


def test_noise_alone_does_not_ring() -> None:
    assert watch(film(30, lambda *_: None, noise=8)) == []


@pytest.mark.parametrize("gain", [0.55, 1.3])
def test_a_lamp_switched_does_not_ring(gain: float) -> None:
    assert watch(film(20, lambda picture, time: picture * gain if time > 8 else None)) == []


def test_a_cloud_does_not_ring() -> None:
    def dim(picture: NDArray[np.float64], time: float) -> NDArray[np.float64]:
        return picture * (1 - 0.4 * min(1, max(0, (time - 6) / 3))) + 5

    assert watch(film(20, dim)) == []


def test_the_infrared_switch_over_does_not_ring() -> None:
    def switch(picture: NDArray[np.float64], time: float) -> NDArray[np.float64] | None:
        return 0.6 * picture[:, ::-1] + 70 if time > 8 else None

    assert watch(film(20, switch)) == []


def test_a_walker_is_seen_under_a_cloud() -> None:
    crossing = walker(8, 12)

    def draw(picture: NDArray[np.float64], time: float) -> NDArray[np.float64]:
        crossing(picture, time)
        return picture * (1 - 0.3 * min(1, max(0, (time - 6) / 6)))

    (motion,) = watch(film(20, draw))
    assert motion.start == pytest.approx(8, abs=0.6)


def test_a_car_that_parks_is_still_soon() -> None:
    def park(picture: NDArray[np.float64], time: float) -> None:
        if time >= 5:
            x = min(100, round(20 + 40 * (time - 5)))
            picture[40:70, x : x + 50] = 235

    (motion,) = watch(film(40, park))
    assert motion.end is not None
    assert motion.end < 9


def test_a_flicker_of_one_look_does_not_ring() -> None:
    def flash(picture: NDArray[np.float64], time: float) -> None:
        if 8 <= time < 8 + PixelGate.INTERVAL:
            picture[20:60, 30:90] = 250

    assert watch(film(15, flash)) == []


def test_what_is_smaller_than_the_sensitivity_says_does_not_count() -> None:
    def fly(picture: NDArray[np.float64], time: float) -> None:
        if 5 <= time < 9:
            x = round(20 + 30 * (time - 5))
            picture[30:34, x : x + 4] = 5

    assert watch(film(15, fly), PixelGate(Sensitivity.from_level(0.0))) == []
    assert len(watch(film(15, fly), PixelGate(Sensitivity.from_level(1.0)))) == 1


def test_begins_anew_after_a_leap_in_time_or_another_size() -> None:
    gate = PixelGate()
    frames = list(film(3, walker(1, 3)))
    for number, luma in enumerate(frames):
        gate.update(luma, number * PixelGate.INTERVAL)
    assert gate.is_moving
    (ended,) = gate.update(frames[0], 500.0)
    assert ended.motion.end is not None
    assert gate.update(np.asarray(cv2.resize(frames[0], (96, 54)), np.uint8), 500.2) == []
    assert not gate.is_moving


def test_a_motion_that_goes_on_at_the_end_is_ended() -> None:
    (motion,) = watch(film(8, walker(4, 10)))
    assert motion.end == pytest.approx(8, abs=0.4)


LEFT = ImageZone("lane", ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0)))


def test_movement_is_told_of_the_zone_it_is_in_and_of_the_rest() -> None:
    reported = changes(film(20, walker(6, 12)), PixelGate(layout=SceneLayout(zones=(LEFT,))))
    began = {each.area: each.motion.start for each in reported if each.motion.end is None}
    assert began["lane"] == pytest.approx(6, abs=0.5)
    assert began[OUTSIDE_ZONES] == pytest.approx(8.2, abs=1)


def test_only_zones_are_told_of_when_elsewhere_is_nothing_to_us() -> None:
    reported = changes(film(20, walker(6, 12)), PixelGate(layout=SceneLayout(zones=(LEFT,), outside_zones=False)))
    assert {each.area for each in reported} == {"lane"}


def test_under_a_mask_nothing_is_seen() -> None:
    everything = ((0.0, 0.4), (1.0, 0.4), (1.0, 0.8), (0.0, 0.8))
    assert watch(film(20, walker(6, 12)), PixelGate(layout=SceneLayout(masks=(everything,)))) == []
    assert len(watch(film(20, walker(6, 12)), PixelGate(layout=SceneLayout(masks=(LEFT.polygon,))))) == 1


def test_a_headlight_on_a_textured_wall_does_not_ring() -> None:
    def sweep(picture: NDArray[np.float64], time: float) -> NDArray[np.float64]:
        rows, columns = np.mgrid[0:ROWS, 0:COLUMNS]
        bright = 1 + 0.6 * np.exp(-(((columns - 20 - 15 * (time - 5)) / 14) ** 2) - ((rows - 60) / 14) ** 2)
        return picture * bright if 5 <= time < 15 else picture

    assert watch(film(20, sweep, grain=9)) == []


def test_rain_does_not_ring_and_a_walker_in_it_does() -> None:
    client_nonce = np.random.default_rng(11)

    def drops(picture: NDArray[np.float64], _: float) -> None:
        for x, y in client_nonce.integers([0, 0], [COLUMNS - 2, ROWS - 8], (60, 2)):
            picture[y : y + 5, x : x + 2] += 45

    assert watch(film(30, drops)) == []
    crossing = walker(20, 26)

    def both(picture: NDArray[np.float64], time: float) -> None:
        drops(picture, time)
        crossing(picture, time)

    (motion,) = watch(film(30, both))
    assert motion.start == pytest.approx(20, abs=0.7)
