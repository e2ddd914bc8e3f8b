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


def match_faces(reader: FaceReader, gallery: Gallery, picture: Picture, *, closely: bool = False) -> list[MatchedFace]:
    """`closely` looks again for smaller faces where none is found: for photographs, at four times the time and more."""
    found = reader.find_closely(picture) if closely else reader.find(picture)
    return [MatchedFace(face, gallery.match(face.template)) for face in found]


@dataclass(frozen=True, slots=True)
class PlateResult:
    """`score` and `province`, the certainty of its first character, are the means of the looks that read `text`."""

    text: str
    score: float
    province: float = 1.0


class PlateVoting:
    """Votes by squared confidence: five looks lift 83 % to 93 % right (MEASURED.md, Plates)."""

    ENOUGH = 3
    SHARE = 0.6
    """A text that has so much of the vote after ENOUGH looks will not lose it any more."""
    SURE = ACCEPT_SCORE
    FAIR = 0.65
    MISREAD = 2
    """Characters in which two looks at one plate differ at most."""

    def worth(self, item: PlateRead) -> float:
        """A plate that is read as surely and is larger shows the guard more of its vehicle."""
        return float(item.score * item.box[2] ** 0.5)

    def same(self, looks: Sequence[PlateRead], item: PlateRead) -> bool:
        differ: int = sum(a != b for a, b in zip_longest(looks[-1].text, item.text))
        return differ <= self.MISREAD

    def decide(self, looks: Sequence[PlateRead], *, over: bool) -> PlateResult | None:
        votes: defaultdict[str, float] = defaultdict(float)
        for look in looks:
            votes[look.text] += look.score**2
        text = max(votes, key=lambda each: votes[each])
        alike = [look for look in looks if look.text == text]
        scores = [look.score for look in alike]
        province = _mean([look.certain[0] if look.certain else 1.0 for look in alike])
        verdict = PlateResult(text, _mean(scores), province)
        if over:
            agreed = len(scores) > 1 and max(scores) >= self.FAIR
            return verdict if agreed or max(scores) >= self.SURE else None
        settled = len(scores) >= self.ENOUGH and votes[text] >= self.SHARE * sum(votes.values())
        return verdict if settled and max(scores) >= self.FAIR else None

    def name(self, verdict: PlateResult) -> Hashable:
        return verdict.text


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

    PATIENCE = 10
    """Looks after which a stranger who stays is called one: a resident comes nearer and is known first."""
    VOTERS, AGREED = 3, 2
    ONE_PERSON = 0.5
    """Distance within which two looks of one camera, a moment apart, are one person's."""

    def worth(self, item: MatchedFace) -> float:
        face = item.face
        return face.box[2] * min(face.sharpness, 4 * MIN_SHARPNESS) * (1 - min(face.turned, 1.0))

    def same(self, looks: Sequence[MatchedFace], item: MatchedFace) -> bool:
        last = looks[-1].face
        alike = float(np.linalg.norm(last.template - item.face.template)) < self.ONE_PERSON
        return alike or overlap(last.box, item.face.box) > 0.3

    def decide(self, looks: Sequence[MatchedFace], *, over: bool) -> FaceResult | None:
        good = [look for look in looks if quality_fault(look.face) is None]
        best = sorted(good, key=self.worth, reverse=True)[: self.VOTERS]
        votes = Counter(look.match.person for look in best if look.match.person).most_common(1)
        if votes and votes[0][1] >= self.AGREED:
            person = votes[0][0]
            return FaceResult(person, _nearest([look for look in good if look.match.person == person]))
        if len(good) < self.VOTERS or not (over or len(looks) >= self.PATIENCE):
            return None
        return FaceResult(None, _nearest(good))

    def name(self, verdict: FaceResult) -> Hashable:
        return verdict.person


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3)


def _nearest(looks: Sequence[MatchedFace]) -> float | None:
    distances = [look.match.distance for look in looks if look.match.distance is not None]
    return min(distances, default=None)
