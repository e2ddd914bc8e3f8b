from __future__ import annotations

import numpy as np
import pytest

from gateway.vision.recognise.faces import TEMPLATE_LENGTH, Face
from gateway.vision.recognise.gallery import FaceMatch
from gateway.vision.recognise.geometry import overlap
from gateway.vision.recognise.plates import PlateRead
from gateway.vision.recognise.voting import FaceResult, FaceVoting, MatchedFace, PlateResult, PlateVoting

BOX = (10, 10, 150, 40)


def reads(*texts_and_scores: tuple[str, float]) -> list[PlateRead]:
    return [PlateRead(text, score, BOX) for text, score in texts_and_scores]


def look(
    person: str | None, distance: float = 0.4, *, box: tuple[int, int, int, int] = (0, 0, 120, 120)
) -> MatchedFace:
    return MatchedFace(Face(box, np.zeros(TEMPLATE_LENGTH, np.float32), 500.0), FaceMatch(person, distance))


class TestPlates:
    voting = PlateVoting()

    def test_three_looks_alike_decide(self) -> None:
        looks = reads(("苏M12345", 0.9), ("苏M12345", 0.8), ("苏M12345", 0.7))
        assert self.voting.decide(looks[:2], final=False) is None
        assert self.voting.decide(looks, final=False) == PlateResult("苏M12345", 0.8)

    def test_votes_count_by_squared_confidence(self) -> None:
        looks = reads(("苏M12345", 0.95), ("苏M12346", 0.6), ("苏M12346", 0.6))
        assert self.voting.decide(looks, final=True) == PlateResult("苏M12345", 0.95)

    def test_one_look_decides_at_the_end_only_if_it_is_sure(self) -> None:
        assert self.voting.decide(reads(("苏M12345", 0.85)), final=True) is not None
        assert self.voting.decide(reads(("苏M12345", 0.75)), final=True) is None

    def test_smudges_that_agree_are_not_believed(self) -> None:
        assert self.voting.decide(reads(*[("苏M12345", 0.55)] * 5), final=True) is None

    @pytest.mark.parametrize(("other", "same"), [("苏M12845", True), ("苏M123", True), ("京A99999", False)])
    def test_a_misreading_is_the_same_car(self, other: str, same: bool) -> None:
        assert self.voting.matches(reads(("苏M12345", 0.9)), reads((other, 0.6))[0]) is same


class TestFaces:
    voting = FaceVoting()

    def test_two_of_three_name_a_person(self) -> None:
        looks = [look("p1"), look(None), look("p1", 0.3)]
        assert self.voting.decide(looks[:2], final=False) is None
        assert self.voting.decide(looks, final=False) == FaceResult("p1", 0.3)

    def test_the_best_looks_vote_and_bad_ones_have_no_say(self) -> None:
        turned = MatchedFace(
            Face((0, 0, 120, 120), np.zeros(TEMPLATE_LENGTH, np.float32), 500.0, nose_offset=0.5), FaceMatch("p2", 0.3)
        )
        small, near = look("p2", box=(0, 0, 60, 60)), look("p1", box=(0, 0, 200, 200))
        assert self.voting.decide([turned, turned, small, small], final=False) is None
        assert self.voting.decide([look(None), look(None), look("p2"), near, near], final=False) == FaceResult(
            "p1", 0.4
        )

    def test_a_stranger_is_one_only_at_the_end(self) -> None:
        looks = [look(None, 0.8)] * 4
        assert self.voting.decide(looks, final=False) is None
        assert self.voting.decide(looks, final=True) == FaceResult(None, 0.8)

    def test_a_stranger_who_stays_is_called_one(self) -> None:
        assert self.voting.decide([look(None, 0.8)] * self.voting.MAX_UNKNOWN_ITEMS, final=False) == FaceResult(
            None, 0.8
        )

    def test_a_glimpse_is_nobody(self) -> None:
        assert self.voting.decide([look(None)] * 2, final=True) is None
        assert self.voting.decide([look("p1")], final=True) is None

    def test_small_faces_make_no_stranger(self) -> None:
        assert self.voting.decide([look(None, box=(0, 0, 40, 40))] * 20, final=True) is None

    def test_an_empty_gallery_knows_strangers_only(self) -> None:
        strangers = [MatchedFace(look(None).face, FaceMatch(None, None))] * 4
        assert self.voting.decide(strangers, final=True) == FaceResult(None, None)

    def test_follows_a_face_by_place_or_by_likeness(self) -> None:
        far = Face((300, 0, 120, 120), np.ones(TEMPLATE_LENGTH, np.float32), 500.0)
        near = Face((20, 0, 120, 120), np.ones(TEMPLATE_LENGTH, np.float32), 500.0)
        alike = Face((300, 0, 120, 120), np.zeros(TEMPLATE_LENGTH, np.float32), 500.0)
        match = FaceMatch(None, None)
        assert not self.voting.matches([look(None)], MatchedFace(far, match))
        assert self.voting.matches([look(None)], MatchedFace(near, match))
        assert self.voting.matches([look(None)], MatchedFace(alike, match))


def test_overlap() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (20, 20, 10, 10)) == 0
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0
