"""The distance threshold for face matching, chosen by the rate of false matches.

A bare distance is no guide: at face_recognition's 0.6 one stranger in a thousand resembles a given person, so that
nearly every stranger resembles one of five thousand. What counts is strangers a day × the chance that any of the
enrolled is that near.

False match rate of two different persons below distance d, from 5,000 enrolled: 0.3 % of strangers had somebody
within 0.45, 3.7 % within 0.50, 32 % within 0.55 (MEASURED.md, Faces), which is 6.0e-7, 7.5e-6 and 7.7e-5 a
comparison: a straight line in the logarithm. True match rate of one look: 78 % at 0.40, 92 % at 0.45, 97 % at 0.50.
The looks of one pass resemble each other, so the vote of two in three is not counted as an improvement here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, log1p

import numpy as np
from numpy.typing import NDArray

from gateway.vision.face_matching import MAX_DISTANCE, FaceMatching

_REFERENCE_DISTANCE, _REFERENCE_RATE, _LOG_SLOPE = 0.50, 7.5e-6, 48.5
"""The measured line: false match rate at this distance, and the slope of its natural logarithm."""
_TRUE_MATCH_RATES = ((0.30, 0.30), (0.35, 0.55), (0.40, 0.78), (0.45, 0.92), (0.50, 0.97), (0.60, 0.993))
"""(distance, rate); 0.40 to 0.50 are measured, the rest extrapolates their curve."""
_MEASURED_WEIGHT = 1e5
"""Comparisons that the measured line counts for against a gallery's own; a gallery of 450 persons weighs as much."""

MIN_DISTANCE = 0.30
"""Below this threshold hardly anybody is recognised, so the gallery is too large for this model."""


@dataclass(frozen=True, slots=True)
class ImpostorDistances:
    """Distribution of the distances between different persons.

    `distances` are those of pairs of different persons of the gallery itself, which correct the measured line:
    people of one village, age or school resemble each other more than people in general. With a recogniser supplied
    by the installer they are the only source, because the measured line holds for dlib's scale only (`measured`).
    """

    distances: NDArray[np.float32] | None = None
    measured: bool = True

    def false_match_rate(self, distance: float) -> float:
        """Chance that two different persons are at most this far apart."""
        if not self.measured:
            return self._gallery_rate(distance)
        measured = min(1.0, _REFERENCE_RATE * float(np.exp(_LOG_SLOPE * (distance - _REFERENCE_DISTANCE))))
        if self.distances is None or not len(self.distances):
            return measured
        near = int((self.distances <= distance).sum())
        return (near + _MEASURED_WEIGHT * measured) / (len(self.distances) + _MEASURED_WEIGHT)

    def _gallery_rate(self, distance: float) -> float:
        if self.distances is None or not len(self.distances):
            return 0.0
        return float((self.distances <= distance).mean())

    def false_matches_a_day(self, distance: float, persons: int, strangers_a_day: float) -> float:
        """Expected number of strangers a day who are within `distance` of any of so many `persons`."""
        # log1p(-1) is -inf, so a rate of 1 is capped.
        chance = min(self.false_match_rate(distance), 1 - 1e-12)
        return strangers_a_day * -expm1(persons * log1p(-chance))

    def max_distance(self, persons: int, matching: FaceMatching) -> float:
        """The largest distance, in steps of 0.005, with no more false matches a day than allowed."""
        for distance in np.arange(MAX_DISTANCE, MIN_DISTANCE, -0.005):
            if self.false_matches_a_day(float(distance), persons, matching.strangers_a_day) <= matching.false_a_day:
                return round(float(distance), 3)
        return MIN_DISTANCE


def true_match_rate(distance: float) -> float:
    """Share of looks at an enrolled person that come within `distance` of one good photograph."""
    distances_known, rates = zip(*_TRUE_MATCH_RATES, strict=True)
    return float(np.interp(distance, distances_known, rates))


def reason_to_reject(distance: float, persons: int, matching: FaceMatching, impostors: ImpostorDistances) -> str | None:
    """Why this distance is rejected for this gallery and its traffic of strangers; None if it is accepted."""
    expected = impostors.false_matches_a_day(distance, persons, matching.strangers_a_day)
    if expected <= matching.false_a_day:
        return _too_wide(distance) if impostors.measured else None
    share = expected / matching.strangers_a_day
    description = f"{share:.0%} of strangers" if share > 0.01 else f"one stranger in {1 / share:,.0f}"
    fix = f"Take {impostors.max_distance(persons, matching):.3f} or less" if impostors.measured else "Take less"
    return (
        f"{distance:.2f} is too wide for {persons} persons: {description} would match one of them, "
        f"{expected:.3g} a day of {matching.strangers_a_day:g}; at most {matching.false_a_day:g} a day are allowed. "
        f"{fix}"
    )


def _too_wide(distance: float) -> str | None:
    if distance <= MAX_DISTANCE:
        return None
    return (
        f"{distance:.3f} is wider than the gateway accepts, however few are enrolled: beyond {MAX_DISTANCE} similar "
        f"dress and beards match. Take {MAX_DISTANCE} or less"
    )


def impostor_distances(
    persons: Sequence[str], templates: NDArray[np.float32], max_templates: int = 1500
) -> NDArray[np.float32]:
    """Distances of all pairs of different persons, by one photograph each, of the first `max_templates` templates."""
    names, first = np.unique(np.array(persons[:max_templates], dtype=object).astype(str), return_index=True)
    if len(names) < 2:
        return np.zeros(0, np.float32)
    some = templates[: len(persons)][first]
    squares = (some**2).sum(axis=1)
    distances = squares[:, None] - 2 * some @ some.T + squares[None]
    upper = distances[np.triu_indices(len(some), 1)]
    return np.asarray(np.sqrt(np.maximum(upper, 0)), np.float32)
