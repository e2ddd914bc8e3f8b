from __future__ import annotations

import numpy as np
import pytest

from gateway.vision.recognise.faces import LENGTH
from gateway.vision.recognise.gallery import Gallery, Limits, Match


def template(*places: tuple[int, float]) -> np.ndarray:
    made = np.zeros(LENGTH, np.float32)
    for place, value in places:
        made[place] = value
    return made


def test_an_empty_gallery_names_nobody() -> None:
    assert Gallery([], []).match(template()) == Match(None, None)


def test_names_the_nearest_and_tells_the_distance() -> None:
    gallery = Gallery(["p1", "p2"], [template((0, 0.3)), template((1, 0.9))])
    assert gallery.match(template()) == Match("p1", 0.3)


def test_too_far_is_a_stranger_and_still_tells_the_distance() -> None:
    assert Gallery(["p1"], [template((0, 0.7))]).match(template()) == Match(None, 0.7)


def test_two_persons_equally_near_are_nobody() -> None:
    gallery = Gallery(["p1", "p2"], [template((0, 0.3)), template((1, 0.32))])
    assert gallery.match(template()).person is None


def test_two_photographs_of_one_person_do_not_compete() -> None:
    gallery = Gallery(["p1", "p1"], [template((0, 0.3)), template((1, 0.3))])
    assert gallery.match(template()).person == "p1"


@pytest.mark.parametrize(("size", "distance"), [(0, 0.52), (1, 0.52), (500, 0.4974), (5000, 0.45), (50_000, 0.4026)])
def test_the_more_are_enrolled_the_nearer_a_face_must_be(size: int, distance: float) -> None:
    assert Limits.of(size).distance == pytest.approx(distance, abs=1e-4)
