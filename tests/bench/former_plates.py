"""How plates were read before: one recogniser, a second look at every line, text looked for at 800 pixels.

A baseline for `plates.py`, which compares on the same machine in the same run; nothing of the product uses it. It
shares the product's finder of candidates, so its time is 1 to 2 % too long, and the grammar with the special plates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp, log

import cv2
import numpy as np

from gateway.vision.recognise import two_row_plates
from gateway.vision.recognise.ctc import CtcDecoder
from gateway.vision.recognise.geometry import Box, Picture, Quad, bounding_box, covered_share, quad_size, rectify, shear
from gateway.vision.recognise.ocr import TextRecogniser
from gateway.vision.recognise.plate_candidates import find_candidates
from gateway.vision.recognise.plate_characters import ALPHABET
from gateway.vision.recognise.plate_colour import PlateColour, classify_colour
from gateway.vision.recognise.plate_grammar import plate_automaton
from gateway.vision.recognise.plate_line import ACCEPT_SCORE, LineCrops, PlateLineRead, crops_of_plate, geometric_mean
from gateway.vision.recognise.plates import PlateRead, PlateReader, _enlarged, _sorted, _without_duplicates

Read = tuple[str, tuple[float, ...]]


class FormerText(TextRecogniser):
    PADDED = 256


class FormerLines:
    def __init__(self, threads: int) -> None:
        self._walkers = {
            green: CtcDecoder(plate_automaton(PlateColour.GREEN if green else PlateColour.ANY), ALPHABET)
            for green in (True, False)
        }
        self._reader = FormerText(ALPHABET, threads=threads)

    def read(self, looks: LineCrops) -> PlateLineRead | None:
        green = classify_colour(looks.wide) is PlateColour.GREEN
        first = self._decode(looks.wide, green=green)
        if first is None:
            return None
        text, certain = first
        mean = geometric_mean(certain)
        second = self._decode(looks.tight, green=green) if mean >= 0.15 else None
        if second is None or second[0] != text:
            return PlateLineRead(text, 0.5 * mean, certain)
        score = _chance((mean * geometric_mean(second[1])) ** 0.5)
        if score >= ACCEPT_SCORE and not (_whole(certain, second[1]) and self._holds(text, looks, score, green=green)):
            score = 0.65 * mean
        return PlateLineRead(text, score, certain)

    def _holds(self, text: str, looks: LineCrops, score: float, *, green: bool) -> bool:
        if score >= 0.999:
            return True
        stretched = self._decode(looks.wide, green=green, stretch=32)
        leaning = self._decode(shear(looks.tight, -0.15), green=green) if stretched and stretched[0] == text else None
        return leaning is not None and leaning[0] == text

    def _decode(self, line: Picture, *, green: bool, stretch: int = 0) -> Read | None:
        scores = self._reader.read(line, (216 if green else 192) + stretch)
        decoded = self._walkers[green].decode(scores.characters, scores.blank)
        if decoded is None:
            return None
        places = zip(decoded.text, decoded.columns, strict=True)
        certain = (
            float(scores.probabilities[column : column + 3, ALPHABET.index(each)].max()) for each, column in places
        )
        return decoded.text, tuple(min(1.0, one) for one in certain)


class FormerReader(PlateReader):
    """All candidates, then the whole picture unless something stands."""

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads=threads)
        self._former = FormerLines(threads)

    def find(self, picture: Picture, *, thorough: bool = True) -> list[PlateRead]:
        if self._is_crop(picture) and (read := self.read(picture)) and read.score >= self.MIN_CROP_SCORE:
            return [read]
        reads: list[PlateRead] = []
        for candidate in find_candidates(picture, self.MAX_CANDIDATES):
            if not any(read.score >= ACCEPT_SCORE and covered_share(candidate.box, read.box) > 0.5 for read in reads):
                reads += self._all(picture, self._quads_near(picture, candidate.box))
        if thorough and not any(read.score >= ACCEPT_SCORE for read in reads):
            reads += self._all(picture, self._detector.find(picture, 800))
        return _sorted([read for read in _without_duplicates(reads) if read.score >= self.MIN_SCORE])

    def read(self, crop: Picture) -> PlateRead | None:
        height, width = map(int, crop.shape[:2])
        found = self._former.read(crops_of_plate(crop))
        return PlateRead(found.text, found.score, (0, 0, width, height), found.certainties) if found else None

    def _all(self, picture: Picture, quads: Sequence[Quad]) -> list[PlateRead]:
        reads = ((self._former.read(looks), box) for looks, box in _lines(picture, quads))
        return [PlateRead(read.text, read.score, box, read.certainties) for read, box in reads if read]


def _lines(picture: Picture, quads: Sequence[Quad]) -> Iterator[tuple[LineCrops, Box]]:
    for quad in quads:
        width, height = quad_size(quad)
        if width < 24 or height < 8 or width < 1.3 * height:
            continue
        wide, tight = rectify(picture, quad), rectify(picture, quad, 0.03, 0.05)
        if width >= 1.8 * height:
            yield LineCrops(wide, _enlarged(tight)), bounding_box(quad)
        if width < two_row_plates.MIN_ROW_RATIO * height and _yellow(tight):
            yield LineCrops(two_row_plates.split_rows(wide), two_row_plates.split_rows(tight)), bounding_box(quad)
    for upper, lower in two_row_plates.row_pairs(quads):
        if _yellow(rectify(picture, lower)):
            wide = [rectify(picture, quad) for quad in (upper, lower)]
            tight = [rectify(picture, quad, 0.03, 0.05) for quad in (upper, lower)]
            yield (
                LineCrops(two_row_plates.join_rows(*wide), two_row_plates.join_rows(*tight)),
                bounding_box(upper, lower),
            )


def _yellow(picture: Picture) -> bool:
    mask = cv2.inRange(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV), np.array((12, 70, 60)), np.array((36, 255, 255)))
    return float((mask > 0).mean()) > 0.3


def _whole(one: Sequence[float], other: Sequence[float]) -> bool:
    return bool((min(one[1:]) * min(other[1:])) ** 0.5 >= 0.8)


def _chance(mean: float) -> float:
    mean = min(mean, 0.9999)
    return 1 / (1 + exp(-1.05 - 1.71 * log(max(mean / (1 - mean), 1e-6))))
