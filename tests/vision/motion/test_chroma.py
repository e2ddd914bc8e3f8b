"""Figures as bright as what is behind them, of another colour; and light that is coloured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.vision.file_motion import motion_events
from gateway.vision.motion.events import MotionEvent
from gateway.vision.motion.gates import MotionGates
from tests.support.film.film import Coding, encode
from tests.support.film.scenes import Picture, courtyard
from tests.support.film.weather import noise

RATE, START, END = 12, 16.0, 22.0
Paint = Callable[[Picture, float], None]


def film(paint: Paint, seconds: float = 30.0) -> Iterator[Picture]:
    grainy = noise(3)
    for number in range(round(seconds * RATE)):
        picture, time = courtyard().copy(), number / RATE
        paint(picture, time)
        yield grainy(picture, time)


def figure(red: int, blue: int) -> Paint:
    """22 × 70 pixels that walk, changed in colour alone."""

    def paint(picture: Picture, time: float) -> None:
        if START <= time < END:
            left = round(10 + 50 * (time - START))
            here = picture[190:260, left : left + 22]
            apart = cv2.cvtColor(here, cv2.COLOR_BGR2YCrCb).astype(int) + np.array((0, red, blue))
            here[:] = cv2.cvtColor(apart.clip(0, 255).astype(np.uint8), cv2.COLOR_YCrCb2BGR)

    return paint


def warm_light(picture: Picture, time: float) -> None:
    """A yellow glow that sweeps over the yard, too faint to be seen by its brightness alone."""
    if START <= time < END:
        rows, columns = np.mgrid[0:360, 0:640]
        middle = 60 + 80 * (time - START)
        light = np.exp(-(((columns - middle) / 70) ** 2) - ((rows - 270) / 50) ** 2)[..., None]
        picture[:] = (picture * (1 + light * (0.05, 0.15, 0.25))).clip(0, 255).astype(np.uint8)


def white_balance(picture: Picture, time: float) -> None:
    share = min(max(time - START, 0.0), 2.0) / 2
    picture[:] = (picture * (1 - 0.2 * share, 1.0, 1 + 0.2 * share)).clip(0, 255).astype(np.uint8)


def watch(paint: Paint, folder: Path, coding: Coding | None = None) -> list[MotionEvent]:
    return list(
        motion_events(str(encode(folder / "film.mp4", film(paint), RATE, coding)), MotionGates(initial_calm=10.0))
    )


@pytest.mark.parametrize(("red", "blue"), [(40, -10), (25, 0), (-20, 20), (0, 40)])
def test_a_figure_that_differs_in_colour_alone_is_found(red: int, blue: int, tmp_path: Path) -> None:
    started, ended = watch(figure(red, blue), tmp_path)
    assert abs(started.start - START) < 1
    assert ended.kind == "motion.ended"


def test_so_it_is_where_bits_are_few(tmp_path: Path) -> None:
    assert len(watch(figure(25, 0), tmp_path, Coding(kbits=300))) == 2


@pytest.mark.parametrize("paint", [warm_light, white_balance])
def test_coloured_light_is_no_movement(paint: Paint, tmp_path: Path) -> None:
    assert watch(paint, tmp_path) == []
