"""Reads a line of text as the most likely plate, by two recognisers under one grammar, with its probability.

The general recogniser knows all writing, the other one only plates; each gives the likelihood of every candidate
text (CTC, over all paths). The log likelihoods are added, and the grammar's cost of rare plates is subtracted. Of
2,408 lines (the shared pictures as they are, made small, dark, blurred, noisy, skewed, rotated, badly compressed)
97.8 % are read right.

A certain answer is accepted. A doubtful one must be confirmed, by a clear lead, on the line sheared a little: of 413
doubtful lines 373 were confirmed, 366 of them right. Without confirmation the line is read in further ways, and the
attempt with the highest likelihood gives the answer, which is never accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import cv2
import numpy as np

from gateway.vision.recognise.clpr import PlateTextRecogniser
from gateway.vision.recognise.ctc import CtcDecoder, CtcResult, TextScores
from gateway.vision.recognise.geometry import Picture, shear
from gateway.vision.recognise.ocr import TextRecogniser
from gateway.vision.recognise.plate_characters import ALPHABET
from gateway.vision.recognise.plate_colour import PlateColour, classify_colour
from gateway.vision.recognise.plate_grammar import plate_automaton
from gateway.vision.recognise.score_fusion import FusedResult, fuse

ACCEPT_SCORE = 0.8
"""Score from which an answer is accepted: of the 497 shared pictures 467 right ones and no wrong one; of these
made darker, smaller, skewed or compressed again (2,982) 2,720 right ones and 6 wrong."""

HOME_GAIN = 20.0
"""How much more likely the home province is than another, a priori (mild: +3 % on 皖's own crops)."""

_CERTAIN = 0.98
"""Probability from which an answer is accepted without another attempt: none of 1,910 such lines was wrong."""
_DOUBTFUL = 0.5
"""Probability from which an answer may be accepted if it is confirmed."""
_MIN_LEAD = 4.0
"""Lead (natural log) over the second candidate that the sheared line must give to the same answer."""
_CONFIRMED_SCORE, _REJECTED_SCORE = 0.9, 0.7
"""Smallest score of a confirmed answer, largest of one that was not."""
_MIN_PLATE_MEAN = -1.3
"""Mean log likelihood of a character, by the general recogniser, below which a line is other writing and no plate."""
_MIN_BEST_MEAN = -0.35
"""The same by either recogniser: if both are below it, one doubtful answer in twelve is wrong."""
_MIN_RETRY_MEAN = -2.5
"""The same by the general one, below which further attempts are not worth their time."""
_MIN_CERTAINTY = 0.02
"""The general recogniser's certainty of a line below which the other one is not worth its time."""
_SHEAR, _TRIM = 0.15, (0.02, 0.08)
"""Columns per row; shares of width and height cut off each side."""
_WIDTHS = {PlateColour.GREEN: (216, 140)}
_DEFAULT_WIDTHS = (TextRecogniser.WIDTH, 126)
"""Pixels to which a line is scaled for either: a green plate has eight characters on a plate 40 mm longer."""


@dataclass(frozen=True, slots=True)
class PlateLineRead:
    """`score` is the probability that `text` is right, 0…1; `certainties` are those of each character."""

    text: str
    score: float
    certainties: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LineCrops:
    """The same line twice: with a margin for the general recogniser, and tightly cropped for the plate recogniser."""

    wide: Picture
    tight: Picture

    def sheared(self, by: float) -> LineCrops:
        """Both, sheared by so many columns per row."""
        return LineCrops(shear(self.wide, by), shear(self.tight, by))

    def trimmed(self) -> LineCrops:
        """Both, with some of each side cut off."""
        return LineCrops(_trimmed(self.wide), _trimmed(self.tight))


class PlateLineReader:
    """Loads its models when it is made. Not for two threads at once."""

    def __init__(self, home_province: str | None = None, threads: int = 1) -> None:
        prior: Mapping[str, float] = {home_province: log(HOME_GAIN)} if home_province else {}
        self._decoders = {colour: CtcDecoder(plate_automaton(colour), ALPHABET, prior) for colour in PlateColour}
        self._general = TextRecogniser(ALPHABET, threads=threads)
        self._plates = PlateTextRecogniser(ALPHABET, threads)

    def read(self, crops: LineCrops) -> PlateLineRead | None:
        """The most likely plate; None if the line is too short for any."""
        colour = classify_colour(crops.tight)
        attempt = self._attempt(crops, colour)
        if attempt is None:
            return None
        result = attempt.result
        if result is None or result.general < _MIN_RETRY_MEAN:
            return attempt.to_read(min(_REJECTED_SCORE, attempt.min_score))
        if result.probability >= _CERTAIN:
            return attempt.to_read(result.probability)
        # A small shear moves every pixel: a right answer survives it, a chance reading of noise seldom does.
        second = self._attempt(crops.sheared(-_SHEAR), colour)
        again = second.result if second else None
        if result.probability >= _DOUBTFUL and again and again.text == result.text:
            is_confirmed = again.lead >= _MIN_LEAD and max(result.general, result.plates) >= _MIN_BEST_MEAN
            return attempt.to_read(max(result.probability, _CONFIRMED_SCORE) if is_confirmed else _REJECTED_SCORE)
        further = [second, *(self._attempt(other, colour) for other in (crops.sheared(_SHEAR), crops.trimmed()))]
        return _most_likely([attempt, *(other for other in further if other)])

    def _attempt(self, crops: LineCrops, colour: PlateColour) -> _Attempt | None:
        decoder = self._decoders[colour]
        for_general, for_plates = _WIDTHS.get(colour, _DEFAULT_WIDTHS)
        general = self._general.read(crops.wide, for_general)
        first = decoder.decode(general.characters, general.blank)
        if first is None:
            return None
        attempt = _Attempt(general, first)
        if attempt.mean_certainty >= _MIN_CERTAINTY:
            by_plates = self._plates.read(crops.tight, for_plates)
            attempt.result = fuse(decoder, (general, first), by_plates, self._plates.unknown_log_probability)
        return attempt


@dataclass(slots=True)
class _Attempt:
    """The result of one attempt; `result` is None if the general recogniser found hardly any text."""

    general: TextScores
    first: CtcResult
    result: FusedResult | None = None

    @property
    def mean_certainty(self) -> float:
        return geometric_mean(self.certainties())

    @property
    def min_score(self) -> float:
        """Half of the general recogniser's certainty: a lower bound of the score."""
        return 0.5 * self.mean_certainty

    def certainties(self, text: str | None = None) -> tuple[float, ...]:
        """The general recogniser's certainty of each character: the best of three columns from where it begins."""
        probabilities, columns = self.general.probabilities, self.first.columns
        return tuple(
            min(1.0, float(probabilities[column : column + 3, ALPHABET.index(character)].max()))
            for character, column in zip(text or self.first.text, columns, strict=True)
        )

    def to_read(self, score: float) -> PlateLineRead:
        if self.result and self.result.general < _MIN_PLATE_MEAN:
            score = min(score, _REJECTED_SCORE)
        text = self.result.text if self.result else self.first.text
        # columns are those of the first decoding; a fused text of another length has none
        certainties = self.certainties(text) if len(text) == len(self.first.text) else (score,) * len(text)
        return PlateLineRead(text, round(score, 3), certainties)


def _most_likely(attempts: list[_Attempt]) -> PlateLineRead:
    """The answer of the most likely attempt, with a score below ACCEPT_SCORE."""
    best = max(attempts, key=lambda attempt: attempt.result.total if attempt.result else -np.inf)
    chance = best.result.probability if best.result else 0.0
    return best.to_read(min(_REJECTED_SCORE, max(chance, best.min_score)))


def geometric_mean(certainties: tuple[float, ...]) -> float:
    """Geometric mean of certainties."""
    return float(np.exp(np.log(np.maximum(certainties, 1e-6)).mean()))


def _trimmed(line: Picture) -> Picture:
    rows, columns = line.shape[:2]
    across, down = round(columns * _TRIM[0]), round(rows * _TRIM[1])
    return line[down : rows - down, across : columns - across]


def crops_of_plate(crop: Picture) -> LineCrops:
    """Of a picture that is cropped to a plate: padded and doubled in size, one smoothed and one not."""
    padded = cv2.copyMakeBorder(crop, 2, 2, 4, 4, cv2.BORDER_REPLICATE)
    larger = np.asarray(cv2.resize(padded, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    return LineCrops(np.asarray(cv2.GaussianBlur(larger, (0, 0), 1.0), np.uint8), larger)
