"""Score fusion: combines two recognisers' scores of one line under a grammar. Sans-I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, log
from typing import NamedTuple

import numpy as np

from gateway.vision.recognise.ctc import CtcDecoder, CtcResult, TextScores, log_likelihoods

_LEAD_WEIGHT, _GENERAL_WEIGHT, _PLATES_WEIGHT, _BIAS = 0.45, 0.70, 1.95, -0.47
"""Logistic weights, fitted to 1,555 lines of the shared pictures, two thirds of them degraded (MEASURED.md, Plates)."""
_MIN_MEAN, _MAX_LEAD = -4.0, 12.0
_MAX_ALTERNATIVES = 4
"""Most likely characters of each place that are tried in the text."""
_MIN_ALTERNATIVE = log(1e-4)


class FusedResult(NamedTuple):
    """The most likely text by both recognisers.

    `total` is its log likelihood by both less the grammar's cost, `lead` how much more that is than the second
    candidate's, `general` and `plates` the mean log likelihood of its characters by either recogniser alone, and
    `probability` that the text is right.
    """

    text: str
    total: float
    lead: float
    general: float
    plates: float
    probability: float


def fuse(
    decoder: CtcDecoder,
    general: tuple[TextScores, CtcResult],
    plates: TextScores,
    unknown_log_probability: Mapping[str, float],
) -> FusedResult:
    """Combine the general recogniser's scores, with what they were decoded to, and the plate recogniser's scores.

    `unknown_log_probability` has the characters that the latter does not know, and what it gives (natural log) for
    each: this is not held against a text.
    """
    scores, first = general
    second = decoder.decode(plates.characters, plates.blank)
    # either recogniser may have the right text where the other doesn't, so both give candidates
    readings = [(first, scores), *([(second, plates)] if second else [])]
    texts = list(
        dict.fromkeys(
            text for decoded, decoded_scores in readings for text in _candidates(decoder, decoded, decoded_scores)
        )
    )
    by_general, by_plates = (log_likelihoods(texts, decoder.alphabet, each) for each in (scores, plates))
    totals = by_general + by_plates - np.array([decoder.cost(text) for text in texts])
    order = np.argsort(-totals)
    best = int(order[0])
    lead = min(_MAX_LEAD, float(totals[best] - totals[order[1]])) if len(texts) > 1 else _MAX_LEAD
    length = len(texts[best])
    by_taught = float(by_plates[best]) - sum(unknown_log_probability.get(character, 0.0) for character in texts[best])
    means = float(by_general[best]) / length, by_taught / length
    return FusedResult(texts[best], float(totals[best]), lead, *means, _probability(lead, *means))


def _candidates(decoder: CtcDecoder, decoded: CtcResult, scores: TextScores) -> Iterator[str]:
    """The text, and the text with one character replaced, as far as the grammar allows."""
    yield decoded.text
    for place, column in enumerate(decoded.columns):
        # a character's peak is up to two columns behind the column where it begins
        peak = scores.characters[column : column + 3].max(axis=0)
        for letter in np.argsort(-peak)[:_MAX_ALTERNATIVES]:
            text = decoded.text[:place] + decoder.alphabet[letter] + decoded.text[place + 1 :]
            if peak[letter] > _MIN_ALTERNATIVE and decoder.cost(text) is not None:
                yield text


def _probability(lead: float, general: float, plates: float) -> float:
    odds = (
        _LEAD_WEIGHT * lead
        + _GENERAL_WEIGHT * max(general, _MIN_MEAN)
        + _PLATES_WEIGHT * max(plates, _MIN_MEAN)
        + _BIAS
    )
    return 1 / (1 + exp(-odds))
