"""Things thrown from a height, and things that only look like it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from gateway.vision.motion.falling_object import FallingObjectDetector
from gateway.vision.motion.observation import Observation
from tests.support.film.scenes import HEIGHT, WIDTH, Picture
from tests.support.film.weather import noise, rain

RATE = 25
Place = Callable[[float], tuple[float, float] | None]


def wall() -> Picture:
    """A block of flats as a camera at its foot sees it."""
    picture = np.full((HEIGHT, WIDTH, 3), 165, np.uint8)
    for x in range(30, WIDTH, 60):
        for y in range(15, HEIGHT, 40):
            cv2.rectangle(picture, (x, y), (x + 28, y + 22), (90, 85, 80), -1)
    return picture


def watch(place: Place, seconds: float = 6.0, radius: int = 4, wet: bool = False) -> list[Observation]:
    """A dark thing at a place (shares of the picture) at each time."""
    detector, scene, grainy = FallingObjectDetector(), wall(), noise(3)
    reported: list[Observation] = []
    falls = rain(120) if wet else None
    for number in range(round(seconds * RATE)):
        time, picture = number / RATE, scene.copy()
        if (at := place(time)) is not None:
            cv2.circle(picture, (round(at[0] * WIDTH), round(at[1] * HEIGHT)), radius, (30, 30, 35), -1, cv2.LINE_AA)
        picture = grainy(falls(picture, time) if falls else picture, time)
        luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        reported += detector.update(luma, time)
    return reported


def fall(start: float = 2.0, gravity: float = 0.5, first: float = 0.0, aside: float = 0.03) -> Place:
    """From the top of the picture; 0.5 heights a second squared is a wall of some twenty metres."""

    def at(time: float) -> tuple[float, float] | None:
        passed = time - start
        y = 0.05 + first * passed + gravity / 2 * passed**2
        return (0.4 + aside * passed, y) if passed >= 0 and y < 1 else None

    return at


@pytest.mark.parametrize(("gravity", "first"), [(0.3, 0.0), (0.5, 0.0), (0.8, 0.2)])
def test_a_thing_that_falls_is_told_once_with_its_way(gravity: float, first: float) -> None:
    (notice,) = watch(fall(gravity=gravity, first=first))
    assert notice.data["event"] == "thrown"
    assert 2 < notice.start < 3.5
    x, _, width, height = notice.box
    assert x < 0.45 < x + width + 0.05
    assert height > FallingObjectDetector.MIN_DROP


def test_it_is_seen_in_rain() -> None:
    assert len(watch(fall(), radius=5, wet=True)) == 1


def test_rain_alone_is_not_thrown() -> None:
    assert watch(lambda _: None, seconds=12, wet=True) == []


@pytest.mark.parametrize(
    "place",
    [
        lambda time: (0.1 + 0.12 * time, 0.3 + 0.05 * np.sin(3 * time)),
        lambda time: (0.5 + 0.06 * np.sin(4 * time), min(0.95, 0.1 + 0.1 * time)),
        lambda time: (0.4, 0.9 - 0.12 * time),
        lambda time: (0.1 + 0.1 * time, 0.1 + 0.11 * time),
    ],
    ids=["a bird", "a leaf", "what rises", "a swooping bird"],
)
def test_what_flies_is_not_thrown(place: Place) -> None:
    assert watch(place, seconds=7) == []


def test_somebody_on_a_balcony_is_not_thrown() -> None:
    assert watch(lambda time: (0.5 + 0.01 * np.sin(5 * time), 0.5 + 0.015 * np.sin(8 * time)), radius=9) == []


def test_under_a_mask_nothing_falls() -> None:
    detector = FallingObjectDetector(masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),))
    picture, place = wall(), fall(start=0)
    for number in range(50):
        now, at = picture.copy(), place(number / RATE)
        if at is not None:
            cv2.circle(now, (round(at[0] * WIDTH), round(at[1] * HEIGHT)), 4, (30, 30, 35), -1)
        assert not list(detector.update(np.asarray(cv2.cvtColor(now, cv2.COLOR_BGR2GRAY), np.uint8), number / RATE))
