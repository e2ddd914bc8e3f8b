"""Who a face is: exact search over all enrolled templates (5,000 in 0.03 ms; an index gains nothing)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import ClassVar, NamedTuple

import numpy as np

from gateway.vision.recognise.faces import LENGTH, Template


class Match(NamedTuple):
    """`person` is None for a stranger; `distance` is to the nearest enrolled face, None in an empty gallery."""

    person: str | None
    distance: float | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Nearer than `distance` counts as the person, if the next person is at least `margin` farther."""

    distance: float
    margin: float = 0.04

    WIDEST: ClassVar[float] = 0.52

    @classmethod
    def of(cls, size: int) -> Limits:
        """So that of a thousand strangers about three are named, whatever the gallery's size.

        Measured with 5,000 enrolled: 0.3 % at 0.45, 3.7 % at 0.50, 32 % at 0.55 (MEASURED.md, Faces), which
        is 0.0206 of distance for each factor e of size. face_recognition's 0.6 would name nearly everybody.
        """
        return cls(min(cls.WIDEST, 0.45 + 0.0206 * log(5000 / max(1, size))))


class Gallery:
    """Templates with their persons; several of one person are welcome."""

    def __init__(self, persons: Sequence[str], templates: Sequence[Template], limits: Limits | None = None) -> None:
        self._persons = np.array(persons, dtype=object)
        self._templates = np.array(templates, np.float32).reshape(len(persons), LENGTH)
        self._lengths = (self._templates**2).sum(axis=1)
        self._limits = limits or Limits.of(len(persons))

    def match(self, template: Template) -> Match:
        if not len(self._persons):
            return Match(None, None)
        square = self._lengths - 2 * (self._templates @ template) + float(template @ template)
        nearest = int(square.argmin())
        distance = float(np.sqrt(max(0.0, square[nearest])))
        others = square[self._persons != self._persons[nearest]]
        second = float(np.sqrt(max(0.0, others.min()))) if len(others) else np.inf
        sure = distance <= self._limits.distance and second - distance >= self._limits.margin
        return Match(str(self._persons[nearest]) if sure else None, round(distance, 4))
