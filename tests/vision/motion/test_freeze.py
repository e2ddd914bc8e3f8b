"""A camera that sends one picture for ever, through encoders that make its copies differ; live ones that are still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.vision.file_motion import motion_events
from gateway.vision.motion.events import MotionEvent
from gateway.vision.motion.gates import MotionGates
from gateway.vision.motion.tamper import TamperDetector, TamperEvent
from tests.support.film.film import Coding, encode
from tests.support.film.scenes import Picture, courtyard
from tests.support.film.weather import noise

RATE, LIVE = 6, 40


def clock(picture: Picture, second: int) -> Picture:
    """A camera's burnt-in clock."""
    cv2.putText(picture, f"12:{second // 60:02d}:{second % 60:02d}", (10, 25), 0, 0.7, (255, 255, 255), 2)
    return picture


def film(
    grain: float, *, live: float, seconds: float, gain: float = 1.0, runs: bool | None = None
) -> Iterator[Picture]:
    """Frozen from `live` on. `runs`: whether its clock goes on then; None: it has none."""
    grainy, scene = noise(grain), np.asarray(cv2.convertScaleAbs(courtyard(), alpha=gain), np.uint8)
    still = scene
    for number in range(round(seconds * RATE)):
        time = number / RATE
        still = grainy(scene, time) if time < live else still
        yield still if runs is None else clock(still.copy(), int(time if runs else min(time, live)))


def tampering(path: Path) -> list[MotionEvent]:
    return [event for event in motion_events(str(path), MotionGates()) if event.kind.startswith("camera.")]


@pytest.mark.parametrize(
    ("grain", "coding", "runs"),
    [
        (5, Coding(kbits=300), None),
        (2, Coding(kbits=300), None),
        (10, Coding(kbits=300), None),
        (5, Coding(kbits=1000), None),
        (3, Coding(crf=24), None),
        (5, Coding(kbits=300), False),
        (5, Coding(kbits=300, group=5), None),
    ],
    ids=["cbr", "little-noise", "much-noise", "rich", "vbr", "clock", "far-keyframes"],
)
def test_a_camera_that_freezes_forty_seconds_after_it_connected_is_told_within_a_minute(
    grain: float, coding: Coding, runs: bool | None, tmp_path: Path
) -> None:
    path = encode(tmp_path / "frozen.mp4", film(grain, live=LIVE, seconds=LIVE + 60, runs=runs), RATE, coding)
    (reported,) = tampering(path)
    assert reported.kind == "camera.frozen"
    assert LIVE + TamperDetector.FROZEN_SECONDS - 10 <= reported.start <= LIVE + 60


@pytest.mark.parametrize(
    ("grain", "gain", "coding"),
    [
        (0.7, 1.0, Coding(kbits=300)),
        (0.3, 1.0, Coding(crf=28)),
        (1.5, 0.15, Coding(kbits=300)),
    ],
    ids=["constant", "variable", "dark"],
)
def test_a_still_scene_with_little_noise_is_not_frozen(
    grain: float, gain: float, coding: Coding, tmp_path: Path
) -> None:
    path = encode(tmp_path / "still.mp4", film(grain, live=100, seconds=100, gain=gain), RATE, coding)
    assert tampering(path) == []


@pytest.mark.parametrize("runs", [None, True], ids=["without-clock", "with-clock"])
def test_a_drawn_scene_without_any_noise_is_not_frozen(runs: bool | None, tmp_path: Path) -> None:
    path = encode(tmp_path / "drawn.mp4", film(0.0, live=90, seconds=90, runs=runs), RATE, Coding(kbits=300))
    assert tampering(path) == []


def test_what_is_frozen_behind_a_clock_that_runs_is_not_told(tmp_path: Path) -> None:
    """The limit that the YAML's comment states."""
    path = encode(tmp_path / "clock.mp4", film(5, live=LIVE, seconds=90, runs=True), RATE, Coding(kbits=300))
    assert tampering(path) == []


@pytest.mark.parametrize("every", [3.0, 10.0])
def test_noise_that_falls_at_once_is_not_frozen(every: float) -> None:
    """A camera's own noise reduction, or rain that ends: all pairs are as far apart, only nearer."""
    loud, quiet, tamper = noise(5), noise(1.5), TamperDetector()
    reported: list[TamperEvent] = []
    for number in range(40):
        picture = (loud if number < 15 else quiet)(courtyard(), 0)
        reported += tamper.update(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8), number * every)
    assert reported == []
