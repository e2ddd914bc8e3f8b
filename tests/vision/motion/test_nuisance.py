"""Cameras on poles that shake, and threads before the lens: quiet, and who walks there is still found."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.vision.file_motion import motion_events
from gateway.vision.motion.events import MotionEvent
from gateway.vision.motion.gates import MotionGates
from gateway.vision.motion.luma import Luma, downscale
from gateway.vision.motion.nuisance import SwayFilter
from gateway.vision.motion.stabilisation import estimate_shake, warp
from tests.support.film.actors import Walker
from tests.support.film.film import Film
from tests.support.film.scenes import courtyard
from tests.support.film.weather import Weather, noise, shake, thread

WALKER = Walker(20, 26, ((10, 250), (330, 260)), (40, 40, 160))
SECONDS, RATE = 36.0, 12


def watch(folder: Path, weather: list[Weather], *, walks: bool) -> list[MotionEvent]:
    film = Film("film", courtyard(), SECONDS, [WALKER] if walks else [], weather, rate=RATE)
    return list(motion_events(str(film.shoot(folder)), MotionGates(initial_calm=10.0)))


def finds_the_walker(seen: list[MotionEvent]) -> bool:
    return any(abs(event.start - WALKER.start) < 1.5 for event in seen if event.kind == "motion.started")


SHAKES = {
    "two-fast": shake(2, hertz=5),
    "four": shake(4),
    "turning": shake(0, degrees=0.4),
    "all": shake(2, degrees=0.3, hertz=3),
}


@pytest.mark.parametrize("how", SHAKES)
def test_a_pole_that_shakes_is_no_movement(how: str, tmp_path: Path) -> None:
    assert watch(tmp_path, [SHAKES[how], noise(3)], walks=False) == []


@pytest.mark.parametrize("how", ["four", "all"])
def test_who_walks_through_a_shaking_picture_is_found_and_nobody_else(how: str, tmp_path: Path) -> None:
    seen = watch(tmp_path, [SHAKES[how], noise(3)], walks=True)
    assert finds_the_walker(seen)
    assert [event.kind for event in seen] == ["motion.started", "motion.ended"]


THREADS: dict[str, list[Weather]] = {
    "one": [thread()],
    "dark": [thread(shade=20, thick=4)],
    "three": [
        thread(),
        thread(((100, 0), (220, 360)), period=2.2),
        thread(((640, 20), (300, 360)), period=1.4, thick=5),
    ],
}


@pytest.mark.parametrize("how", THREADS)
def test_a_thread_before_the_lens_is_dirt_and_who_walks_behind_it_is_found(how: str, tmp_path: Path) -> None:
    seen = watch(tmp_path, [*THREADS[how], noise(2)], walks=True)
    assert finds_the_walker(seen)
    reported = [event for event in seen if not event.kind.startswith("motion.")]
    assert [(event.kind, event.data) for event in reported] == [("camera.dirty", {"how": "thread"})]
    others = [event for event in seen if event.kind == "motion.ended" and abs(event.start - WALKER.start) >= 1.5]
    assert all(event.start < 3 and (event.end or 0) - event.start < 3 for event in others), "known from the start"


def test_a_thread_alone_is_no_movement(tmp_path: Path) -> None:
    (reported,) = watch(tmp_path, [*THREADS["one"], noise(2)], walks=False)
    assert reported.kind == "camera.dirty"


@pytest.mark.parametrize(("right", "down", "degrees"), [(2, 0, 0), (-3, 4, 0), (8, 0, 0), (0, 0, 0.8), (1, -2, 0.5)])
def test_a_shaken_picture_is_moved_back(right: float, down: float, degrees: float) -> None:
    grainy = noise(3)

    def look(*by: float) -> Luma:
        pixels, turn = by[:2], by[2]
        picture = grainy(_turned(pixels, turn), 0)
        return downscale(np.asarray(picture[..., 1], np.uint8))

    still, seen = look(0, 0, 0), look(right, down, degrees)
    by = estimate_shake(seen, still)
    assert by is not None
    apart = np.abs(warp(seen, by).astype(int) - still).mean()
    assert apart < 0.7 * np.abs(seen.astype(int) - still).mean()
    assert estimate_shake(look(0, 0, 0), still) is None


def _turned(pixels: tuple[float, ...], degrees: float) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    turn = cv2.getRotationMatrix2D((320, 180), degrees, 1.0)
    turn[:, 2] += np.array(pixels)
    return np.asarray(cv2.warpAffine(courtyard(), turn, (640, 360), borderMode=cv2.BORDER_REFLECT), np.uint8)


def test_what_comes_and_goes_in_one_place_sways_and_what_passes_does_not() -> None:
    sway = SwayFilter()
    for look in range(90):
        mask = np.zeros((90, 160), np.uint8)
        if look % 4 < 2:
            mask[20:24, 20:24] = 255
        mask[50:70, look : look + 6] = 255
        calm = sway.remove_swaying(mask)
    assert not calm[20:24, 20:24].any()
    assert calm[50:70, 89:95].all()
