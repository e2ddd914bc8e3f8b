"""How several looks become one plate or one person. Sans-I/O."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from gateway.vision.recognise.enrolment import MIN_SHARPNESS, quality_fault
from gateway.vision.recognise.faces import Face, FaceReader, Picture
from gateway.vision.recognise.gallery import FaceMatch, Gallery
from gateway.vision.recognise.geometry import overlap
from gateway.vision.recognise.plate_line import ACCEPT_SCORE
from gateway.vision.recognise.plates import PlateRead, PlateReader

MIN_VOTE_SCORE = 0.5
"""Score below which a plate is not read well enough to have a say."""


def read_plates(reader: PlateReader, picture: Picture, *, thorough: bool = True) -> list[PlateRead]:
    return [read for read in reader.find(picture, thorough=thorough) if read.score >= MIN_VOTE_SCORE]


def match_faces(reader: FaceReader, gallery: Gallery, picture: Picture, *, thorough: bool = False) -> list[MatchedFace]:
    """`thorough` looks again for smaller faces where none is found: for photographs, at four times the time and more."""
    found = reader.find_thoroughly(picture) if thorough else reader.find(picture)
    return [MatchedFace(face, gallery.match(face.template)) for face in found]


@dataclass(frozen=True, slots=True)
class PlateResult:
    """`score` and `province`, the certainty of its first character, are the means of the looks that read `text`."""

    text: str
    score: float
    province: float = 1.0


class PlateVoting:
    """Votes by squared confidence: five looks lift 83 % to 93 % right (MEASURED.md, Plates)."""

    MIN_READS = 3
    MIN_VOTE_SHARE = 0.6
    """A text that has so much of the vote after ENOUGH looks will not lose it any more."""
    MIN_SINGLE_SCORE = ACCEPT_SCORE
    MIN_BEST_SCORE = 0.65
    MAX_DIFFERENT_CHARACTERS = 2
    """Characters in which two looks at one plate differ at most."""

    def quality(self, item: PlateRead) -> float:
        """A plate that is read as surely and is larger shows the guard more of its vehicle."""
        return float(item.score * item.box[2] ** 0.5)

    def matches(self, items: Sequence[PlateRead], item: PlateRead) -> bool:
        differ: int = sum(a != b for a, b in zip_longest(items[-1].text, item.text))
        return differ <= self.MAX_DIFFERENT_CHARACTERS

    def decide(self, items: Sequence[PlateRead], *, final: bool) -> PlateResult | None:
        votes: defaultdict[str, float] = defaultdict(float)
        for item in items:
            votes[item.text] += item.score**2
        text = max(votes, key=lambda each: votes[each])
        alike = [item for item in items if item.text == text]
        scores = [item.score for item in alike]
        province = _mean([item.certainties[0] if item.certainties else 1.0 for item in alike])
        result = PlateResult(text, _mean(scores), province)
        if final:
            agreed = len(scores) > 1 and max(scores) >= self.MIN_BEST_SCORE
            return result if agreed or max(scores) >= self.MIN_SINGLE_SCORE else None
        settled = len(scores) >= self.MIN_READS and votes[text] >= self.MIN_VOTE_SHARE * sum(votes.values())
        return result if settled and max(scores) >= self.MIN_BEST_SCORE else None

    def identity(self, result: PlateResult) -> Hashable:
        return result.text


@dataclass(frozen=True, slots=True)
class MatchedFace:
    face: Face
    match: FaceMatch


@dataclass(frozen=True, slots=True)
class FaceResult:
    """`person` is None for a stranger; `distance` is the nearest look's.

    `turned`, of who is like a known person where a sign asks to turn the head: whether it was (`turn.TurnJudge`).
    """

    person: str | None
    distance: float | None
    turned: bool | None = None


class FaceVoting:
    """Two of the three best looks name a person; a stranger is one whom they did not name by the end.

    Only looks that show the face well have a say: large, sharp and not turned away (`enrolment.quality_fault`).
    """

    MAX_UNKNOWN_ITEMS = 10
    """Looks after which a stranger who stays is called one: a resident comes nearer and is known first."""
    VOTERS, MIN_AGREEING = 3, 2
    SAME_PERSON_DISTANCE = 0.5
    """Distance within which two looks of one camera, a moment apart, are one person's."""

    def quality(self, item: MatchedFace) -> float:
        face = item.face
        return face.box[2] * min(face.sharpness, 4 * MIN_SHARPNESS) * (1 - min(face.head_turn, 1.0))

    def matches(self, items: Sequence[MatchedFace], item: MatchedFace) -> bool:
        last = items[-1].face
        alike = float(np.linalg.norm(last.template - item.face.template)) < self.SAME_PERSON_DISTANCE
        return alike or overlap(last.box, item.face.box) > 0.3

    def decide(self, items: Sequence[MatchedFace], *, final: bool) -> FaceResult | None:
        good = [item for item in items if quality_fault(item.face) is None]
        best = sorted(good, key=self.quality, reverse=True)[: self.VOTERS]
        votes = Counter(item.match.person for item in best if item.match.person).most_common(1)
        if votes and votes[0][1] >= self.MIN_AGREEING:
            person = votes[0][0]
            return FaceResult(person, _min_distance([item for item in good if item.match.person == person]))
        if len(good) < self.VOTERS or not (final or len(items) >= self.MAX_UNKNOWN_ITEMS):
            return None
        return FaceResult(None, _min_distance(good))

    def identity(self, result: FaceResult) -> Hashable:
        return result.person


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3)


def _min_distance(items: Sequence[MatchedFace]) -> float | None:
    distances = [item.match.distance for item in items if item.match.distance is not None]
    return min(distances, default=None)
