"""How plates were read before: one recogniser, a second look at every line, text looked for at 800 pixels.

A baseline for `plates.py`, which compares on the same machine in the same run; nothing of the product uses it. It
shares the product's finder of candidates, so its time is 1 to 2 % too long, and the grammar with the special plates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import exp, log

import cv2
import numpy as np

from gateway.vision.recognise import rows
from gateway.vision.recognise.ctc import Walker
from gateway.vision.recognise.finder import candidates
from gateway.vision.recognise.geometry import Box, Picture, Quad, bounds, covered, leant, size_of, straighten
from gateway.vision.recognise.grammar import plates
from gateway.vision.recognise.lines import GATE, LineRead, Looks, geometric_mean, looks_at_crop
from gateway.vision.recognise.ocr import TextReader
from gateway.vision.recognise.plate_characters import ALPHABET
from gateway.vision.recognise.plates import PlateRead, PlateReader, _best_of_each, _doubled, _in_order
from gateway.vision.recognise.sheets import Sheet, sheet_of

Read = tuple[str, tuple[float, ...]]


class FormerText(TextReader):
    PADDED = 256


class FormerLines:
    def __init__(self, threads: int) -> None:
        self._walkers = {
            green: Walker(plates(Sheet.GREEN if green else Sheet.ANY), ALPHABET) for green in (True, False)
        }
        self._reader = FormerText(ALPHABET, threads=threads)

    def read(self, looks: Looks) -> LineRead | None:
        green = sheet_of(looks.wide) is Sheet.GREEN
        first = self._decode(looks.wide, green=green)
        if first is None:
            return None
        text, certain = first
        mean = geometric_mean(certain)
        second = self._decode(looks.tight, green=green) if mean >= 0.15 else None
        if second is None or second[0] != text:
            return LineRead(text, 0.5 * mean, certain)
        score = _chance((mean * geometric_mean(second[1])) ** 0.5)
        if score >= GATE and not (_whole(certain, second[1]) and self._holds(text, looks, score, green=green)):
            score = 0.65 * mean
        return LineRead(text, score, certain)

    def _holds(self, text: str, looks: Looks, score: float, *, green: bool) -> bool:
        if score >= 0.999:
            return True
        stretched = self._decode(looks.wide, green=green, stretch=32)
        leaning = self._decode(leant(looks.tight, -0.15), green=green) if stretched and stretched[0] == text else None
        return leaning is not None and leaning[0] == text

    def _decode(self, line: Picture, *, green: bool, stretch: int = 0) -> Read | None:
        scores = self._reader.read(line, (216 if green else 192) + stretch)
        decoded = self._walkers[green].decode(scores.characters, scores.blank)
        if decoded is None:
            return None
        places = zip(decoded.text, decoded.columns, strict=True)
        certain = (float(scores.plain[column : column + 3, ALPHABET.index(each)].max()) for each, column in places)
        return decoded.text, tuple(min(1.0, one) for one in certain)


class FormerReader(PlateReader):
    """All candidates, then the whole picture unless something stands."""

    def __init__(self, threads: int = 1) -> None:
        super().__init__(threads=threads)
        self._former = FormerLines(threads)

    def find(self, picture: Picture, *, thorough: bool = True) -> list[PlateRead]:
        if self._is_crop(picture) and (read := self.read(picture)) and read.score >= self.CROP_IS_ONE:
            return [read]
        reads: list[PlateRead] = []
        for candidate in candidates(picture, self.MOST_CANDIDATES):
            if not any(read.score >= GATE and covered(candidate.box, read.box) > 0.5 for read in reads):
                reads += self._all(picture, self._quads_near(picture, candidate.box))
        if thorough and not any(read.score >= GATE for read in reads):
            reads += self._all(picture, self._finder.find(picture, 800))
        return _in_order([read for read in _best_of_each(reads) if read.score >= self.WORTH_SAYING])

    def read(self, crop: Picture) -> PlateRead | None:
        height, width = map(int, crop.shape[:2])
        found = self._former.read(looks_at_crop(crop))
        return PlateRead(found.text, found.score, (0, 0, width, height), found.certain) if found else None

    def _all(self, picture: Picture, quads: Sequence[Quad]) -> list[PlateRead]:
        reads = ((self._former.read(looks), box) for looks, box in _lines(picture, quads))
        return [PlateRead(read.text, read.score, box, read.certain) for read, box in reads if read]


def _lines(picture: Picture, quads: Sequence[Quad]) -> Iterator[tuple[Looks, Box]]:
    for quad in quads:
        width, height = size_of(quad)
        if width < 24 or height < 8 or width < 1.3 * height:
            continue
        wide, tight = straighten(picture, quad), straighten(picture, quad, 0.03, 0.05)
        if width >= 1.8 * height:
            yield Looks(wide, _doubled(tight)), bounds(quad)
        if width < rows.TALL * height and _yellow(tight):
            yield Looks(rows.split(wide), rows.split(tight)), bounds(quad)
    for upper, lower in rows.pairs(quads):
        if _yellow(straighten(picture, lower)):
            wide = [straighten(picture, quad) for quad in (upper, lower)]
            tight = [straighten(picture, quad, 0.03, 0.05) for quad in (upper, lower)]
            yield Looks(rows.joined(*wide), rows.joined(*tight)), bounds(upper, lower)


def _yellow(picture: Picture) -> bool:
    mask = cv2.inRange(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV), np.array((12, 70, 60)), np.array((36, 255, 255)))
    return float((mask > 0).mean()) > 0.3


def _whole(one: Sequence[float], other: Sequence[float]) -> bool:
    return bool((min(one[1:]) * min(other[1:])) ** 0.5 >= 0.8)


def _chance(mean: float) -> float:
    mean = min(mean, 0.9999)
    return 1 / (1 + exp(-1.05 - 1.71 * log(max(mean / (1 - mean), 1e-6))))
