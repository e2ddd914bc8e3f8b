from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.vision.motion.gate import Motion, PixelGate, Sensitivity

Picture = NDArray[np.uint8]
ROWS, COLUMNS = 108, 192


def scene() -> NDArray[np.float64]:
    coarse = np.random.default_rng(7).uniform(60, 180, (9, 16))
    return cv2.resize(coarse, (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC).clip(40, 210)


def film(seconds: float, draw: Callable[[NDArray[np.float64], float], object], noise: float = 3.0) -> Iterator[Picture]:
    """Looks at the scene, each drawn upon and then made noisy."""
    chance = np.random.default_rng(3)
    for look in range(round(seconds / PixelGate.LOOK)):
        picture = scene()
        changed = draw(picture, look * PixelGate.LOOK)
        picture = changed if isinstance(changed, np.ndarray) else picture
        yield (picture + chance.normal(0, noise, picture.shape)).clip(0, 255).astype(np.uint8)


def watch(looks: Iterator[Picture], gate: PixelGate | None = None) -> list[Motion]:
    gate = gate or PixelGate()
    told = [gate.see(luma, number * PixelGate.LOOK) for number, luma in enumerate(looks)]
    return [motion for motion in (*told, gate.finish()) if motion and motion.end is not None]


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
        if 8 <= time < 8 + PixelGate.LOOK:
            picture[20:60, 30:90] = 250

    assert watch(film(15, flash)) == []


def test_what_is_smaller_than_the_sensitivity_says_does_not_count() -> None:
    def fly(picture: NDArray[np.float64], time: float) -> None:
        if 5 <= time < 9:
            x = round(20 + 30 * (time - 5))
            picture[30:34, x : x + 4] = 5

    assert watch(film(15, fly), PixelGate(Sensitivity.of(0.0))) == []
    assert len(watch(film(15, fly), PixelGate(Sensitivity.of(1.0)))) == 1


def test_begins_anew_after_a_leap_in_time_or_another_size() -> None:
    gate = PixelGate()
    looks = list(film(3, walker(1, 3)))
    for number, luma in enumerate(looks):
        gate.see(luma, number * PixelGate.LOOK)
    assert gate.motion is not None
    ended = gate.see(looks[0], 500.0)
    assert ended is not None
    assert ended.end is not None
    assert gate.see(cv2.resize(looks[0], (96, 54)), 500.2) is None  # type: ignore[arg-type]
    assert gate.motion is None


def test_a_motion_that_goes_on_at_the_end_is_ended() -> None:
    (motion,) = watch(film(8, walker(4, 10)))
    assert motion.end == pytest.approx(8, abs=0.4)
