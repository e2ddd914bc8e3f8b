"""What two recognisers make of one line under a grammar. Sans-I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, log
from typing import NamedTuple

import numpy as np

from gateway.vision.recognise.ctc import CtcDecoder, CtcResult, TextScores, log_likelihoods

_LEAD, _GENERAL, _PLATES, _OFFSET = 0.45, 0.70, 1.95, -0.47
"""Logistic weights, fitted to 1,555 lines of the shared pictures, two thirds of them spoilt (MEASURED.md, Plates)."""
_LEAST_MEAN, _MOST_LEAD = -4.0, 12.0
_RIVALS = 4
"""Likeliest characters of each place that are tried in the text."""
_RIVAL_CHANCE = log(1e-4)


class FusedResult(NamedTuple):
    """The likeliest text by both.

    `total` is its log likelihood by both less the grammar's cost, `lead` by how much that is more than the second
    candidate's, `general` and `plates` the mean log likelihoods of its characters by either recogniser alone, `chance`
    that the text is right.
    """

    text: str
    total: float
    lead: float
    general: float
    plates: float
    chance: float


def fuse(
    walker: CtcDecoder, general: tuple[TextScores, CtcResult], plates: TextScores, untaught: Mapping[str, float]
) -> FusedResult:
    """Of what the general recogniser's scores were decoded to, and of the scores by that of plates.

    `untaught` are the characters that the latter does not know, and what it says (natural log) where one stands: it
    is not held against a text.
    """
    scores, first = general
    second = walker.decode(plates.characters, plates.blank)
    reads = [(first, scores), *([(second, plates)] if second else [])]
    texts = list(dict.fromkeys(text for decoded, its in reads for text in _candidates(walker, decoded, its)))
    by_general, by_plates = (log_likelihoods(texts, walker.alphabet, each) for each in (scores, plates))
    totals = by_general + by_plates - np.array([walker.cost(text) for text in texts])
    order = np.argsort(-totals)
    best = int(order[0])
    lead = min(_MOST_LEAD, float(totals[best] - totals[order[1]])) if len(texts) > 1 else _MOST_LEAD
    length = len(texts[best])
    by_taught = float(by_plates[best]) - sum(untaught.get(character, 0.0) for character in texts[best])
    means = float(by_general[best]) / length, by_taught / length
    return FusedResult(texts[best], float(totals[best]), lead, *means, _chance(lead, *means))


def _candidates(walker: CtcDecoder, decoded: CtcResult, scores: TextScores) -> Iterator[str]:
    """The text, and it with one character changed, as far as the grammar allows."""
    yield decoded.text
    for place, column in enumerate(decoded.columns):
        seen = scores.characters[column : column + 3].max(axis=0)
        for letter in np.argsort(-seen)[:_RIVALS]:
            text = decoded.text[:place] + walker.alphabet[letter] + decoded.text[place + 1 :]
            if seen[letter] > _RIVAL_CHANCE and walker.cost(text) is not None:
                yield text


def _chance(lead: float, general: float, plates: float) -> float:
    odds = _LEAD * lead + _GENERAL * max(general, _LEAST_MEAN) + _PLATES * max(plates, _LEAST_MEAN) + _OFFSET
    return 1 / (1 + exp(-odds))
