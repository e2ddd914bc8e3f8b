"""Number plates in a picture: looked for by colour and edges, else by text; cut out straight; read as a plate.

The network that finds text costs 100 ms over a whole picture and 10 in a window. So it looks into the
windows of the likeliest candidates first, and over the whole only when none of them holds a plate for sure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from gateway.vision.recognise import two_row_plates
from gateway.vision.recognise.brightness import brighten
from gateway.vision.recognise.geometry import (
    Box,
    Picture,
    Quad,
    bounding_box,
    covered_share,
    crop_around,
    overlap,
    quad_size,
    rectify,
)
from gateway.vision.recognise.ocr import TextDetector
from gateway.vision.recognise.plate_candidates import find_candidates
from gateway.vision.recognise.plate_line import ACCEPT_SCORE, LineCrops, PlateLineReader, crops_of_plate


@dataclass(frozen=True, slots=True)
class PlateRead:
    """`score` is the chance that `text` is right, 0…1 (`lines.GATE`); `certain` is each character's own certainty."""

    text: str
    score: float
    box: Box
    certain: tuple[float, ...] = ()


class PlateReader:
    """Not for two threads at once. Loads its models when it is made."""

    WORTH_SAYING = 0.15
    """Below it a line of text is a shop's sign as likely as a plate."""
    CROP_IS_ONE = 0.1
    """Below it a small picture is not cut to a plate: 206 pieces of streets and faces came to 0.056 at most, of 310
    crops that were read right none came below 0.14."""
    ENOUGH = 0.4
    """Score of a plate near a candidate that makes it needless to look over the whole picture."""
    CROP_RATIO = (1.5, 6.0)
    CROP_WIDTH = 300
    MOST_CANDIDATES = 3
    MOST_WIDENED = 3
    MUCH_WEAKER = 0.35
    """Of two cars' plates in one picture the lesser is as likely a candidate as this share of the other, at least."""
    WINDOW, WHOLE = 224, 736
    """Longer sides, in pixels, to which text detection scales a candidate's window and a whole picture."""

    def __init__(self, home_province: str | None = None, threads: int = 1) -> None:
        self._lines = PlateLineReader(home_province, threads)
        self._finder = TextDetector(threads)

    def find(self, picture: Picture, *, thorough: bool = True) -> list[PlateRead]:
        """All plates, the nearest of the sure ones first. A picture that is itself cut to a plate is read whole.

        Not `thorough`, it looks for candidates alone: a third of the time where there is no plate.
        """
        if self._is_crop(picture) and (read := self.read(picture)) and read.score >= self.CROP_IS_ONE:
            return [read]
        tried: list[Box] = []
        reads = self._near_candidates(picture, tried)
        if thorough and not any(read.score >= self.ENOUGH for read in reads):
            reads += self._read_all(picture, self._finder.find(picture, self.WHOLE), tried)
        return _in_order([read for read in _best_of_each(reads) if read.score >= self.WORTH_SAYING])

    def read(self, crop: Picture) -> PlateRead | None:
        """A plate's own crop, of one row or two."""
        height, width = map(int, crop.shape[:2])
        reads = [self._lines.read(crops_of_plate(crop))]
        if width < two_row_plates.MIN_ROW_RATIO * height and two_row_plates.may_have_two_rows(crop):
            reads.append(self._lines.read(crops_of_plate(two_row_plates.split_rows(crop))))
        found = [read for read in reads if read]
        best = max(found, key=lambda read: read.score, default=None)
        return PlateRead(best.text, best.score, (0, 0, width, height), best.certain) if best else None

    def _is_crop(self, picture: Picture) -> bool:
        height, width = map(int, picture.shape[:2])
        least, most = self.CROP_RATIO
        return width <= self.CROP_WIDTH and least <= width / height <= most

    def _near_candidates(self, picture: Picture, tried: list[Box]) -> list[PlateRead]:
        reads: list[PlateRead] = []
        enough = 0.0
        for candidate in find_candidates(picture, self.MOST_CANDIDATES):
            standing = [read.box for read in reads if read.score >= ACCEPT_SCORE]
            if candidate.likely < enough or any(covered_share(candidate.box, box) > 0.5 for box in standing):
                continue
            found = self._read_all(picture, self._quads_near(picture, candidate.box), tried)
            if any(read.score >= ACCEPT_SCORE for read in found):
                enough = max(enough, self.MUCH_WEAKER * candidate.likely)
            reads += found
        return reads

    def _quads_near(self, picture: Picture, box: Box) -> list[Quad]:
        """A line that reaches the window's side may go on beyond it: a plate cut there is read as a shorter one."""
        for _ in range(self.MOST_WIDENED):
            part, corner = crop_around(picture, box, 0.4, 0.8)
            quads = [quad + corner for quad in self._finder.find(brighten(part), self.WINDOW)]
            left, right = float(corner[0]), float(corner[0]) + part.shape[1]
            cut = [
                quad
                for quad in quads
                if (left > 0 and quad[:, 0].min() <= left) or (right < picture.shape[1] and quad[:, 0].max() >= right)
            ]
            if not cut:
                break
            box = bounding_box(*cut)
        return quads

    def _read_all(self, picture: Picture, quads: Sequence[Quad], tried: list[Box]) -> list[PlateRead]:
        """`tried` are the boxes of lines that were read before in this picture; those of `quads` are added."""
        found: list[PlateRead] = []
        before = list(tried)
        for looks, box in _lines_of(picture, quads):
            known = any(overlap(box, other) > SAME_OVERLAP for other in before)
            if known or any(
                read.score >= ACCEPT_SCORE and covered_share(read.box, box) > SAME_OVERLAP for read in found
            ):
                continue
            tried.append(box)
            if read := self._lines.read(looks):
                found.append(PlateRead(read.text, read.score, box, read.certain))
        return found


SAME_OVERLAP = 0.75
"""Of two boxes' area in common from which a line is not read once more, or as a part of a larger plate."""
MAX_ROW_RATIO = 6.5
"""Width over height of one row at most, seen from above; captions and shops' signs are longer."""


def _lines_of(picture: Picture, quads: Sequence[Quad]) -> Iterator[tuple[LineCrops, Box]]:
    """Everything in the quads that may be a whole plate: one row, two in one quad, two quads."""
    for quad in quads:
        width, height = quad_size(quad)
        if width < 24 or height < 8 or not 1.3 * height <= width <= MAX_ROW_RATIO * height:
            continue
        wide, tight = brighten(rectify(picture, quad)), brighten(rectify(picture, quad, 0.03, 0.05))
        if width >= 1.8 * height:
            yield LineCrops(wide, _doubled(tight)), bounding_box(quad)
        if width < two_row_plates.MIN_ROW_RATIO * height and two_row_plates.may_have_two_rows(tight):
            yield LineCrops(two_row_plates.split_rows(wide), two_row_plates.split_rows(tight)), bounding_box(quad)
    for upper, lower in two_row_plates.row_pairs(quads):
        if not two_row_plates.may_have_two_rows(rectify(picture, lower)):
            continue
        first = two_row_plates.join_rows(rectify(picture, upper), rectify(picture, lower))
        second = two_row_plates.join_rows(rectify(picture, upper, 0.03, 0.05), rectify(picture, lower, 0.03, 0.05))
        yield LineCrops(first, second), bounding_box(upper, lower)


def _doubled(line: Picture) -> Picture:
    return np.asarray(cv2.resize(line, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)


def _best_of_each(reads: Sequence[PlateRead]) -> list[PlateRead]:
    """One reading of each place."""
    kept: list[PlateRead] = []
    for read in sorted(reads, key=lambda read: -read.score):
        if all(overlap(read.box, other.box) < 0.3 for other in kept):
            kept.append(read)
    return kept


def _in_order(reads: Sequence[PlateRead]) -> list[PlateRead]:
    """The sure ones first, of these the widest, which is the nearest vehicle's; then the others by score."""
    return sorted(reads, key=lambda read: (-read.box[2], 0.0) if read.score >= ACCEPT_SCORE else (0, -read.score))
