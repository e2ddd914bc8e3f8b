"""Number plates in a picture: found by colour and edges, else by text detection; rectified; read as plates.

Text detection costs 100 ms over a whole picture and 10 in a window. So it searches the windows of the best
candidates first, and the whole picture only if none of them holds a certain plate.
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
    """`score`: probability that `text` is right, 0…1 (`plate_line.ACCEPT_SCORE`); `certainties`: of each character."""

    text: str
    score: float
    box: Box
    certainties: tuple[float, ...] = ()


class PlateReader:
    """Finds and reads plates. Loads its models when it is made. Not for two threads at once."""

    MIN_SCORE = 0.15
    """Below it a line of text is a shop's sign as likely as a plate."""
    MIN_CROP_SCORE = 0.1
    """Below it a small picture is not a cropped plate: 206 pieces of streets and faces reached 0.056 at most,
    of 310 crops that were read right none was below 0.14."""
    SUFFICIENT_SCORE = 0.4
    """Score of a plate near a candidate from which the whole picture need not be searched."""
    CROP_RATIO = (1.5, 6.0)
    CROP_WIDTH = 300
    MAX_CANDIDATES = 3
    MAX_WIDENINGS = 3
    MIN_CANDIDATE_SHARE = 0.35
    """Of two cars' plates in one picture the weaker candidate scores at least this share of the other."""
    WINDOW_SIDE, PICTURE_SIDE = 224, 736
    """Longer sides, in pixels, to which text detection scales a candidate's window and a whole picture."""

    def __init__(self, home_province: str | None = None, threads: int = 1) -> None:
        self._lines = PlateLineReader(home_province, threads)
        self._detector = TextDetector(threads)

    def find(self, picture: Picture, *, thorough: bool = True) -> list[PlateRead]:
        """All plates: accepted ones first, nearest first. A picture that is itself cropped to a plate is read whole.

        Unless `thorough`, it searches candidates alone: a third of the time where there is no plate.
        """
        if self._is_crop(picture) and (read := self.read(picture)) and read.score >= self.MIN_CROP_SCORE:
            return [read]
        processed: list[Box] = []
        reads = self._near_candidates(picture, processed)
        if thorough and not any(read.score >= self.SUFFICIENT_SCORE for read in reads):
            reads += self._read_all(picture, self._detector.find(picture, self.PICTURE_SIDE), processed)
        return _sorted([read for read in _without_duplicates(reads) if read.score >= self.MIN_SCORE])

    def read(self, crop: Picture) -> PlateRead | None:
        """Read a cropped plate of one row or two."""
        height, width = map(int, crop.shape[:2])
        reads = [self._lines.read(crops_of_plate(crop))]
        if width < two_row_plates.MIN_ROW_RATIO * height and two_row_plates.may_have_two_rows(crop):
            reads.append(self._lines.read(crops_of_plate(two_row_plates.split_rows(crop))))
        found = [read for read in reads if read]
        best = max(found, key=lambda read: read.score, default=None)
        return PlateRead(best.text, best.score, (0, 0, width, height), best.certainties) if best else None

    def _is_crop(self, picture: Picture) -> bool:
        height, width = map(int, picture.shape[:2])
        min_ratio, max_ratio = self.CROP_RATIO
        return width <= self.CROP_WIDTH and min_ratio <= width / height <= max_ratio

    def _near_candidates(self, picture: Picture, processed: list[Box]) -> list[PlateRead]:
        reads: list[PlateRead] = []
        min_candidate_score = 0.0
        for candidate in find_candidates(picture, self.MAX_CANDIDATES):
            # candidates inside of an accepted plate are parts of it
            accepted = [read.box for read in reads if read.score >= ACCEPT_SCORE]
            is_part = any(covered_share(candidate.box, box) > 0.5 for box in accepted)
            if is_part or candidate.score < min_candidate_score:
                continue
            found = self._read_all(picture, self._quads_near(picture, candidate.box), processed)
            if any(read.score >= ACCEPT_SCORE for read in found):
                min_candidate_score = max(min_candidate_score, self.MIN_CANDIDATE_SHARE * candidate.score)
            reads += found
        return reads

    def _quads_near(self, picture: Picture, box: Box) -> list[Quad]:
        """Lines of text near `box`. One that touches the window's side is followed beyond it."""
        for _ in range(self.MAX_WIDENINGS):
            part, corner = crop_around(picture, box, 0.4, 0.8)
            quads = [quad + corner for quad in self._detector.find(brighten(part), self.WINDOW_SIDE)]
            left, right = float(corner[0]), float(corner[0]) + part.shape[1]
            truncated = [
                quad
                for quad in quads
                if (left > 0 and quad[:, 0].min() <= left) or (right < picture.shape[1] and quad[:, 0].max() >= right)
            ]
            if not truncated:
                break
            box = bounding_box(*truncated)
        return quads

    def _read_all(self, picture: Picture, quads: Sequence[Quad], processed: list[Box]) -> list[PlateRead]:
        """Read the plates in `quads`, except lines whose box is in `processed`; adds the boxes of new lines to it."""
        found: list[PlateRead] = []
        # one quad gives several crops with the same box (one row, two rows), so only lines of earlier calls are skipped
        before = list(processed)
        for crops, box in _lines_of(picture, quads):
            is_processed = any(overlap(box, other) > SAME_OVERLAP for other in before)
            if is_processed or any(
                read.score >= ACCEPT_SCORE and covered_share(read.box, box) > SAME_OVERLAP for read in found
            ):
                continue
            processed.append(box)
            if read := self._lines.read(crops):
                found.append(PlateRead(read.text, read.score, box, read.certainties))
        return found


SAME_OVERLAP = 0.75
"""Overlap of two boxes from which a line is not read again, or is part of a larger plate."""
MAX_ROW_RATIO = 6.5
"""Largest width over height of one row; captions and shops' signs are longer."""


def _lines_of(picture: Picture, quads: Sequence[Quad]) -> Iterator[tuple[LineCrops, Box]]:
    """Everything in the quads that may be a whole plate: one row, two rows in one quad, two quads."""
    for quad in quads:
        width, height = quad_size(quad)
        if width < 24 or height < 8 or not 1.3 * height <= width <= MAX_ROW_RATIO * height:
            continue
        wide, tight = brighten(rectify(picture, quad)), brighten(rectify(picture, quad, 0.03, 0.05))
        if width >= 1.8 * height:
            yield LineCrops(wide, _enlarged(tight)), bounding_box(quad)
        if width < two_row_plates.MIN_ROW_RATIO * height and two_row_plates.may_have_two_rows(tight):
            yield LineCrops(two_row_plates.split_rows(wide), two_row_plates.split_rows(tight)), bounding_box(quad)
    for upper, lower in two_row_plates.row_pairs(quads):
        if not two_row_plates.may_have_two_rows(rectify(picture, lower)):
            continue
        first = two_row_plates.join_rows(rectify(picture, upper), rectify(picture, lower))
        second = two_row_plates.join_rows(rectify(picture, upper, 0.03, 0.05), rectify(picture, lower, 0.03, 0.05))
        yield LineCrops(first, second), bounding_box(upper, lower)


def _enlarged(line: Picture) -> Picture:
    return np.asarray(cv2.resize(line, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)


def _without_duplicates(reads: Sequence[PlateRead]) -> list[PlateRead]:
    """The best reading of each place."""
    kept: list[PlateRead] = []
    for read in sorted(reads, key=lambda read: -read.score):
        if all(overlap(read.box, other.box) < 0.3 for other in kept):
            kept.append(read)
    return kept


def _sorted(reads: Sequence[PlateRead]) -> list[PlateRead]:
    """Accepted ones first, widest first (the nearest vehicle's), then the others by score."""
    return sorted(reads, key=lambda read: (-read.box[2], 0.0) if read.score >= ACCEPT_SCORE else (0, -read.score))
