"""Face matching by exact search over all enrolled templates (5,000 in 0.1 ms; an index gains nothing)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gateway.vision.face_matching import FaceMatching
from gateway.vision.recognise.encoder import TEMPLATE_LENGTH, Template
from gateway.vision.recognise.false_match_rate import ImpostorDistances


class FaceMatch(NamedTuple):
    """`person` is None for a stranger; `distance` is to the nearest enrolled face, None in an empty gallery."""

    person: str | None
    distance: float | None


@dataclass(frozen=True, slots=True)
class MatchLimits:
    """A face nearer than `distance` is the person, if the next person is at least `margin` farther."""

    distance: float
    margin: float = 0.04

    @classmethod
    def choose(
        cls, persons: int, matching: FaceMatching | None = None, impostors: ImpostorDistances | None = None
    ) -> MatchLimits:
        """The largest distance with no more false matches a day than allowed.

        The installer's distance applies if it is smaller. With the installer's own recogniser it always applies,
        because its distances are on another scale than the measured ones.
        """
        matching = matching or FaceMatching()
        if matching.distance is not None and matching.models.recogniser is not None:
            return cls(matching.distance)
        max_distance = (impostors or ImpostorDistances()).max_distance(persons, matching)
        return cls(min(max_distance, matching.distance or max_distance))


class Gallery:
    """Templates with their persons; several of one person improve recognition."""

    def __init__(
        self, persons: Sequence[str], templates: Sequence[Template], limits: MatchLimits | None = None
    ) -> None:
        numbers = {person: number for number, person in enumerate(dict.fromkeys(persons))}
        self._persons = list(numbers)
        self._person_numbers = np.array([numbers[person] for person in persons], np.intp)
        self._templates = np.array(templates, np.float32).reshape(len(persons), -1 if len(persons) else TEMPLATE_LENGTH)
        self._lengths = (self._templates**2).sum(axis=1)
        self.limits = limits or MatchLimits.choose(len(numbers))

    def match(self, template: Template) -> FaceMatch:
        """The nearest person. A second person nearly as near makes it a stranger."""
        if not self._persons:
            return FaceMatch(None, None)
        # a - b|² = |a|² - 2ab + |b|²: one matrix product instead of an array of differences.
        squares = self._lengths - 2 * (self._templates @ template)
        nearest = int(squares.argmin())
        own = float(template @ template)
        person = self._person_numbers[nearest]
        distance = _sqrt(squares[nearest] + own)
        if distance > self.limits.distance:
            return FaceMatch(None, round(distance, 4))
        # several templates of one person are near each other, so only other persons count as second
        others = squares[self._person_numbers != person]
        second = _sqrt(others.min() + own) if len(others) else np.inf
        # of two persons nearly equally near neither is named
        is_clear = second - distance >= self.limits.margin
        return FaceMatch(self._persons[person] if is_clear else None, round(distance, 4))


def _sqrt(square: float) -> float:
    return float(np.sqrt(max(0.0, square)))
