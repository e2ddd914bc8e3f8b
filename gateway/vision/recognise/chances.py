"""How far apart two faces may be to be called one person's: set by how often a stranger would then be misnamed.

A bare distance says nothing: at face_recognition's 0.6, one stranger in a thousand looks like a given
person, and so nearly every stranger looks like one of five thousand. What counts is
strangers a day × the chance that any of the enrolled is that near.

Chance that two different persons are nearer than d, from 5,000 enrolled: 0.3 % of strangers had
somebody within 0.45, 3.7 % within 0.50, 32 % within 0.55 (MEASURED.md, Faces), which is 6.0e-7, 7.5e-6 and 7.7e-5
a comparison: a straight line in the logarithm. Chance to be known again by one look: 78 % at
0.40, 92 % at 0.45, 97 % at 0.50. The looks of one pass are alike, so the vote of two in three
is counted as no help here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, log1p

import numpy as np
from numpy.typing import NDArray

from gateway.vision.face_matching import MAX_DISTANCE, FaceMatching

_AT, _CHANCE, _STEEPNESS = 0.50, 7.5e-6, 48.5
_KNOWN_AGAIN = ((0.30, 0.30), (0.35, 0.55), (0.40, 0.78), (0.45, 0.92), (0.50, 0.97), (0.60, 0.993))
"""Of which 0.40 to 0.50 are measured; the rest is their curve drawn on."""
_WEIGHT = 1e5
"""Comparisons that the measured line counts for against a gallery's own: a gallery of 450 persons weighs as much."""

NARROWEST = 0.30
"""Below it hardly anybody is known again, and the gallery is too large for this model."""


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """How near different persons come.

    `distances` are of pairs of different persons of one's own gallery, which correct the measured
    line: people of one village, one age, one school are more alike than those of the world.
    Where the installer supplies the recogniser they stand alone: `measured` is dlib's scale.
    """

    distances: NDArray[np.float32] | None = None
    measured: bool = True

    def chance(self, distance: float) -> float:
        """That two different persons are at most so far apart."""
        if not self.measured:
            return self._own(distance)
        measured = min(1.0, _CHANCE * float(np.exp(_STEEPNESS * (distance - _AT))))
        if self.distances is None or not len(self.distances):
            return measured
        near = int((self.distances <= distance).sum())
        return (near + _WEIGHT * measured) / (len(self.distances) + _WEIGHT)

    def _own(self, distance: float) -> float:
        if self.distances is None or not len(self.distances):
            return 0.0
        return float((self.distances <= distance).mean())

    def false_a_day(self, distance: float, persons: int, strangers_a_day: float) -> float:
        """Strangers a day who have somebody of so many `persons` within `distance`."""
        chance = min(self.chance(distance), 1 - 1e-12)
        return strangers_a_day * -expm1(persons * log1p(-chance))

    def widest(self, persons: int, matching: FaceMatching) -> float:
        """The widest distance, in steps of 0.005, at which no more strangers are named than are allowed."""
        for distance in np.arange(MAX_DISTANCE, NARROWEST, -0.005):
            if self.false_a_day(float(distance), persons, matching.strangers_a_day) <= matching.false_a_day:
                return round(float(distance), 3)
        return NARROWEST


def known_again(distance: float) -> float:
    """The share of looks at an enrolled person that come within `distance` of one good photograph."""
    places, shares = zip(*_KNOWN_AGAIN, strict=True)
    return float(np.interp(distance, places, shares))


def objection(distance: float, persons: int, matching: FaceMatching, lookalikes: Lookalikes) -> str | None:
    """Why this distance is refused for this gallery and its strangers; None when it is not."""
    expected = lookalikes.false_a_day(distance, persons, matching.strangers_a_day)
    if expected <= matching.false_a_day:
        return _beyond(distance) if lookalikes.measured else None
    share = expected / matching.strangers_a_day
    said = f"{share:.0%} of strangers" if share > 0.01 else f"one stranger in {1 / share:,.0f}"
    mend = f"Take {lookalikes.widest(persons, matching):.3f} or less" if lookalikes.measured else "Take less"
    return (
        f"{distance:.2f} is too wide for {persons} persons: {said} would be taken for one of them, "
        f"{expected:.3g} a day of {matching.strangers_a_day:g}; at most {matching.false_a_day:g} a day are allowed. "
        f"{mend}"
    )


def _beyond(distance: float) -> str | None:
    if distance <= MAX_DISTANCE:
        return None
    return (
        f"{distance:.3f} is wider than the gateway goes, however few are enrolled: beyond {MAX_DISTANCE} twins in "
        f"dress and beard begin. Take {MAX_DISTANCE} or less"
    )


def between(persons: Sequence[str], templates: NDArray[np.float32], most: int = 1500) -> NDArray[np.float32]:
    """Distances of all pairs of different persons by one photograph each; of the first `most` templates."""
    names, first = np.unique(np.array(persons[:most], dtype=object).astype(str), return_index=True)
    if len(names) < 2:
        return np.zeros(0, np.float32)
    some = templates[: len(persons)][first]
    squares = (some**2).sum(axis=1)
    distances = squares[:, None] - 2 * some @ some.T + squares[None]
    upper = distances[np.triu_indices(len(some), 1)]
    return np.asarray(np.sqrt(np.maximum(upper, 0)), np.float32)
