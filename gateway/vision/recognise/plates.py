"""Number plates in a picture: text is found, cut out straight, and read as the likeliest plate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import cv2
import numpy as np

from gateway.vision.recognise.ctc import Walker
from gateway.vision.recognise.grammar import ALPHABET, plates
from gateway.vision.recognise.ocr import Picture, Quad, TextFinder, TextReader, TextScores

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

HOME_GAIN = 20.0
"""How much likelier the home province is than another, before looking (mild: +3 % on 皖's own crops)."""


@dataclass(frozen=True, slots=True)
class PlateRead:
    """`score` is the geometric mean of its characters' likelihoods, 0…1; from 0.8 on 99 % are right (MEASURED.md)."""

    text: str
    score: float
    box: Box


class PlateReader:
    """Not for two threads at once. Loads its models when it is made."""

    WORTH_SAYING = 0.25
    """Below it a line of text is a shop's sign as likely as a plate."""
    CROP_RATIO = (2.0, 6.0)
    CROP_WIDTH = 300

    def __init__(self, home_province: str | None = None) -> None:
        prior: Mapping[str, float] = {home_province: log(HOME_GAIN)} if home_province else {}
        self._walker = Walker(plates(), ALPHABET, prior)
        self._finder = TextFinder()
        self._reader = TextReader(ALPHABET)

    def find(self, picture: Picture) -> list[PlateRead]:
        """All plates, the surest first. A picture that is itself cut to a plate is read whole."""
        if self._is_crop(picture):
            read = self.read(picture)
            return [read] if read else []
        reads = (self._read_quad(picture, quad) for quad in self._finder.find(picture))
        worth = [read for read in reads if read and read.score >= self.WORTH_SAYING]
        return sorted(worth, key=lambda read: -read.score)

    def _is_crop(self, picture: Picture) -> bool:
        height, width = map(int, picture.shape[:2])
        least, most = self.CROP_RATIO
        return width <= self.CROP_WIDTH and least <= width / height <= most

    def read(self, crop: Picture) -> PlateRead | None:
        """A plate's own crop; small ones are padded and smoothed as measured best."""
        height, width = crop.shape[:2]
        padded = cv2.copyMakeBorder(crop, 2, 2, 4, 4, cv2.BORDER_REPLICATE)
        larger = cv2.resize(padded, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
        smooth = np.asarray(cv2.GaussianBlur(larger, (0, 0), 1.0), np.uint8)
        return self._decode(self._reader.read(smooth), (0, 0, width, height))

    def _read_quad(self, picture: Picture, quad: Quad) -> PlateRead | None:
        crop = straighten(picture, quad)
        x, y, width, height = cv2.boundingRect(quad)
        return self._decode(self._reader.read(crop), (x, y, width, height)) if crop is not None else None

    def _decode(self, scores: TextScores, box: Box) -> PlateRead | None:
        decoded = self._walker.decode(scores.characters, scores.blank)
        if decoded is None:
            return None
        sure = [
            min(1.0, float(scores.plain[column : column + 3, ALPHABET.index(character)].max()))
            for character, column in zip(decoded.text, decoded.columns, strict=True)
        ]
        return PlateRead(decoded.text, round(float(np.exp(np.log(np.maximum(sure, 1e-6)).mean())), 3), box)


def straighten(picture: Picture, quad: Quad, across: float = 0.05, up: float = 0.08) -> Picture | None:
    """The quad as an upright picture, grown by `across` and `up` of its size on each side; None when it is tiny."""
    width, height = float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))
    if width < 24 or height < 8 or width < 1.5 * height:
        return None
    right, down = (quad[1] - quad[0]) * across, (quad[3] - quad[0]) * up
    grown = quad + np.array([-right - down, right - down, right + down, down - right], np.float32)
    columns, rows = round(width * (1 + 2 * across)), round(height * (1 + 2 * up))
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    turn = cv2.getPerspectiveTransform(grown.astype(np.float32), corners)
    return np.asarray(cv2.warpPerspective(picture, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE), np.uint8)
