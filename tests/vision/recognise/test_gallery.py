from __future__ import annotations

import numpy as np
import pytest

from gateway.vision.face_matching import FaceMatching, FaceModels, ModelFile
from gateway.vision.recognise.faces import TEMPLATE_LENGTH
from gateway.vision.recognise.false_match_rate import (
    ImpostorDistances,
    impostor_distances,
    reason_to_reject,
    true_match_rate,
)
from gateway.vision.recognise.gallery import FaceMatch, Gallery, MatchLimits


def template(*places: tuple[int, float]) -> np.ndarray:
    made = np.zeros(TEMPLATE_LENGTH, np.float32)
    for place, value in places:
        made[place] = value
    return made


def test_an_empty_gallery_names_nobody() -> None:
    assert Gallery([], []).match(template()) == FaceMatch(None, None)


def test_names_the_nearest_and_tells_the_distance() -> None:
    gallery = Gallery(["p1", "p2"], [template((0, 0.3)), template((1, 0.9))])
    assert gallery.match(template()) == FaceMatch("p1", 0.3)


def test_too_far_is_a_stranger_and_still_tells_the_distance() -> None:
    assert Gallery(["p1"], [template((0, 0.7))]).match(template()) == FaceMatch(None, 0.7)


def test_two_persons_equally_near_are_nobody() -> None:
    gallery = Gallery(["p1", "p2"], [template((0, 0.3)), template((1, 0.32))])
    assert gallery.match(template()).person is None


def test_two_photographs_of_one_person_do_not_compete() -> None:
    gallery = Gallery(["p1", "p1"], [template((0, 0.3)), template((1, 0.3))])
    assert gallery.match(template()).person == "p1"


@pytest.mark.parametrize(("size", "distance"), [(0, 0.52), (1, 0.52), (500, 0.47), (5000, 0.425), (50_000, 0.375)])
def test_the_more_are_enrolled_the_nearer_a_face_must_be(size: int, distance: float) -> None:
    assert MatchLimits.choose(size).distance == pytest.approx(distance, abs=1e-4)


def test_a_busier_gate_must_be_stricter() -> None:
    busy = FaceMatching(strangers_a_day=5000)
    assert MatchLimits.choose(5000, busy).distance < MatchLimits.choose(5000).distance


def test_point_six_is_refused_for_thousands_and_the_reason_is_told() -> None:
    why = reason_to_reject(0.6, 5000, FaceMatching(), ImpostorDistances())
    assert why is not None
    assert "0.60 is too wide for 5000 persons: 99% of strangers" in why
    assert "0.425" in why
    assert reason_to_reject(0.42, 5000, FaceMatching(), ImpostorDistances()) is None


def test_a_gallery_of_lookalikes_corrects_what_was_measured_elsewhere() -> None:
    rng = np.random.default_rng(1)
    alike = (rng.normal(size=(500, TEMPLATE_LENGTH)) * 0.03).astype(np.float32)
    distances = impostor_distances([f"p{number}" for number in range(500)], alike)
    assert len(distances) == 500 * 499 / 2
    assert ImpostorDistances(distances).max_distance(500, FaceMatching()) < ImpostorDistances().max_distance(
        500, FaceMatching()
    )


def test_two_photographs_of_one_person_are_no_lookalikes() -> None:
    assert len(impostor_distances(["p1", "p1"], np.zeros((2, TEMPLATE_LENGTH), np.float32))) == 0


def test_the_wider_the_more_are_known_again() -> None:
    assert [true_match_rate(distance) for distance in (0.4, 0.45, 0.5)] == [0.78, 0.92, 0.97]


def test_an_installers_distance_counts_when_it_is_no_wider() -> None:
    assert MatchLimits.choose(5000, FaceMatching(distance=0.4)).distance == 0.4
    assert MatchLimits.choose(5000, FaceMatching(distance=0.6)).distance == 0.425


def test_a_supplied_recogniser_has_distances_of_its_own() -> None:
    models = FaceModels(ModelFile("d", "1"), ModelFile("r", "2"))
    assert MatchLimits.choose(5000, FaceMatching(models, distance=1.1)).distance == 1.1
