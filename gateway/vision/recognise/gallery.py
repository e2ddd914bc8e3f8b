"""Who a face is: exact search over all enrolled templates (5,000 in 0.1 ms; an index gains nothing)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gateway.vision.face_matching import FaceMatching
from gateway.vision.recognise.chances import Lookalikes
from gateway.vision.recognise.encoder import LENGTH, Template


class Match(NamedTuple):
    """`person` is None for a stranger; `distance` is to the nearest enrolled face, None in an empty gallery."""

    person: str | None
    distance: float | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Nearer than `distance` counts as the person, if the next person is at least `margin` farther."""

    distance: float
    margin: float = 0.04

    @classmethod
    def of(cls, persons: int, matching: FaceMatching | None = None, lookalikes: Lookalikes | None = None) -> Limits:
        """So wide that no more strangers are named a day than are allowed.

        The installer's distance counts if it is no wider; that of a supplied recogniser counts always: its
        distances are of another scale than those measured.
        """
        matching = matching or FaceMatching()
        if matching.distance is not None and matching.models.recogniser is not None:
            return cls(matching.distance)
        widest = (lookalikes or Lookalikes()).widest(persons, matching)
        return cls(min(widest, matching.distance or widest))


class Gallery:
    """Templates with their persons; several of one person are welcome."""

    def __init__(self, persons: Sequence[str], templates: Sequence[Template], limits: Limits | None = None) -> None:
        numbers = {person: number for number, person in enumerate(dict.fromkeys(persons))}
        self._names = list(numbers)
        self._of = np.array([numbers[person] for person in persons], np.intp)
        self._templates = np.array(templates, np.float32).reshape(len(persons), -1 if len(persons) else LENGTH)
        self._lengths = (self._templates**2).sum(axis=1)
        self.limits = limits or Limits.of(len(numbers))

    def match(self, template: Template) -> Match:
        if not self._names:
            return Match(None, None)
        squares = self._lengths - 2 * (self._templates @ template)
        nearest = int(squares.argmin())
        own = float(template @ template)
        person = self._of[nearest]
        distance = _root(squares[nearest] + own)
        if distance > self.limits.distance:
            return Match(None, round(distance, 4))
        others = squares[self._of != person]
        second = _root(others.min() + own) if len(others) else np.inf
        sure = second - distance >= self.limits.margin
        return Match(self._names[person] if sure else None, round(distance, 4))


def _root(square: float) -> float:
    return float(np.sqrt(max(0.0, square)))
