"""Voting: how several readings become one plate or one person. Sans-I/O."""

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
"""Score below which a reading has no vote."""


def read_plates(reader: PlateReader, picture: Picture, *, thorough: bool = True) -> list[PlateRead]:
    """The plates of a picture that are read well enough to vote."""
    return [read for read in reader.find(picture, thorough=thorough) if read.score >= MIN_VOTE_SCORE]


def match_faces(reader: FaceReader, gallery: Gallery, picture: Picture, *, thorough: bool = False) -> list[MatchedFace]:
    """The faces of a picture, matched with the gallery.

    `thorough` searches again for smaller faces if none is found: for photographs, at four times the time and more.
    """
    found = reader.find_thoroughly(picture) if thorough else reader.find(picture)
    return [MatchedFace(face, gallery.match(face.template)) for face in found]


@dataclass(frozen=True, slots=True)
class PlateResult:
    """`score`, and `province`, the certainty of the first character, are means over the readings of `text`."""

    text: str
    score: float
    province: float = 1.0


class PlateVoting:
    """Votes weighted by squared score: five readings raise 83 % to 93 % right (MEASURED.md, Plates)."""

    MIN_READS = 3
    MIN_VOTE_SHARE = 0.6
    """A text with this share of the votes after MIN_READS readings will not lose its lead."""
    MIN_SINGLE_SCORE = ACCEPT_SCORE
    """Score from which a single reading suffices at the end of a track."""
    MIN_BEST_SCORE = 0.65
    """Score that the best of several equal readings must have."""
    MAX_DIFFERENT_CHARACTERS = 2
    """Characters in which two readings of one plate differ at most."""

    def quality(self, item: PlateRead) -> float:
        """Of plates with equal scores the larger one shows the guard more of its vehicle."""
        return float(item.score * item.box[2] ** 0.5)

    def matches(self, items: Sequence[PlateRead], item: PlateRead) -> bool:
        """Whether the texts differ in few characters only."""
        differ: int = sum(a != b for a, b in zip_longest(items[-1].text, item.text))
        return differ <= self.MAX_DIFFERENT_CHARACTERS

    def decide(self, items: Sequence[PlateRead], *, final: bool) -> PlateResult | None:
        """The text with the most votes, once it has a clear majority or, at the end, is read well enough."""
        votes: defaultdict[str, float] = defaultdict(float)
        for item in items:
            # squared, so that one sure reading outweighs two poor ones
            votes[item.text] += item.score**2
        text = max(votes, key=lambda each: votes[each])
        alike = [item for item in items if item.text == text]
        scores = [item.score for item in alike]
        # without certainties the province counts as certain, so that no registered plate is guessed
        province = _mean([item.certainties[0] if item.certainties else 1.0 for item in alike])
        result = PlateResult(text, _mean(scores), province)
        if final:
            agreed = len(scores) > 1 and max(scores) >= self.MIN_BEST_SCORE
            return result if agreed or max(scores) >= self.MIN_SINGLE_SCORE else None
        settled = len(scores) >= self.MIN_READS and votes[text] >= self.MIN_VOTE_SHARE * sum(votes.values())
        return result if settled and max(scores) >= self.MIN_BEST_SCORE else None

    def identity(self, result: PlateResult) -> Hashable:
        """The plate's text."""
        return result.text


@dataclass(frozen=True, slots=True)
class MatchedFace:
    """A detected face and its nearest person."""

    face: Face
    match: FaceMatch


@dataclass(frozen=True, slots=True)
class FaceResult:
    """`person` is None for a stranger; `distance` is the smallest of the faces that voted.

    `turned`: whether the head was turned, if the person resembles a known one and a sign asks to turn the head
    (`head_turn.HeadTurnVoting`); else None.
    """

    person: str | None
    distance: float | None
    turned: bool | None = None


class FaceVoting:
    """Two of the three best faces name a person; a stranger is somebody whom they did not name by the end.

    Only faces that show the person well vote: large, sharp and frontal (`enrolment.quality_fault`).
    """

    MAX_UNKNOWN_ITEMS = 10
    """Faces after which a stranger who stays is reported: a resident comes nearer and is recognised before that."""
    VOTERS, MIN_AGREEING = 3, 2
    """Best faces that vote, and how many of them must agree."""
    SAME_PERSON_DISTANCE = 0.5
    """Template distance within which two faces at one camera, a moment apart, are one person's."""

    def quality(self, item: MatchedFace) -> float:
        """Large, sharp and frontal faces are best; sharpness beyond a good photograph's doesn't count."""
        face = item.face
        return face.box[2] * min(face.sharpness, 4 * MIN_SHARPNESS) * (1 - min(face.head_turn, 1.0))

    def matches(self, items: Sequence[MatchedFace], item: MatchedFace) -> bool:
        """Whether templates or places are close."""
        last = items[-1].face
        alike = float(np.linalg.norm(last.template - item.face.template)) < self.SAME_PERSON_DISTANCE
        return alike or overlap(last.box, item.face.box) > 0.3

    def decide(self, items: Sequence[MatchedFace], *, final: bool) -> FaceResult | None:
        """The person named by the best faces; a stranger only after MAX_UNKNOWN_ITEMS or at the end."""
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
        """The person; None for strangers, so that each is reported."""
        return result.person


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 3)


def _min_distance(items: Sequence[MatchedFace]) -> float | None:
    distances = [item.match.distance for item in items if item.match.distance is not None]
    return min(distances, default=None)
