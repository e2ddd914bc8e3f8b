"""Finds plate candidates by colour and edges alone: some milliseconds instead of a network over the whole picture.

A plate is a region of one of its colours, or of none, full of vertical edges, 1.6 to 8 times as wide as high. A
candidate is a guess: text detection searches its window afterwards, because the region may end before the last
character does (MEASURED.md, Plates).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise.brightness import equalise
from gateway.vision.recognise.geometry import Box, Picture, overlap

Mask = NDArray[np.uint8]

SIDE = 640
"""Pixels of the longer side to which a picture is scaled for the search."""
COLOURS = {
    "blue": ((96, 70, 40), (130, 255, 255)),
    "yellow": ((12, 70, 70), (36, 255, 255)),
    "green": ((38, 25, 80), (92, 255, 255)),
}
"""Ranges of hue (0…179), saturation and value on plates by day and by lamp."""
_CLOSINGS = ((9, 3), (17, 5))
"""Kernels (width × height) that close the gaps between characters of a far plate and of a near one."""
_MIN_SIZE = (28, 6)
_RATIO_RANGE = (1.6, 8.0)
_USUAL_RATIO = 3.3
_MIN_EDGE_DENSITY, _MIN_FILL = 0.08, 0.35
_MAX_SLOPE = 50.0
"""Degrees."""
_SAME_OVERLAP = 0.6


@dataclass(frozen=True, slots=True)
class PlateCandidate:
    """`box` is upright, in the picture's pixels; `score` orders candidates and is no probability."""

    box: Box
    score: float


def find_candidates(picture: Picture, max_count: int = 5) -> list[PlateCandidate]:
    """Where plates may be, best first."""
    scale = SIDE / max(picture.shape[:2])
    # too flat for any plate, and too flat for the filters below
    if min(picture.shape[:2]) * scale < _MIN_SIZE[1]:
        return []
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = equalise(np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8))
    edges = _upright_edges(small)
    found = [
        candidate
        for mask, weight in _masks(small, edges)
        for outline in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        if (candidate := _evaluate(np.asarray(outline, np.int32), edges, scale, weight))
    ]
    return _without_overlaps(sorted(found, key=lambda candidate: -candidate.score), max_count)


def _upright_edges(picture: Picture) -> Mask:
    """1 where brightness changes from left to right much more than it does on average."""
    gray = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (3, 3), 0)
    steep = np.abs(cv2.Sobel(gray, cv2.CV_16S, 1, 0))
    return (steep > max(40.0, 2.5 * float(steep.mean()))).astype(np.uint8)


def _masks(picture: Picture, edges: Mask) -> list[tuple[Mask, float]]:
    """Masks to search for regions, with their weights: one colour each, and edges of any colour."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    near_edges = cv2.dilate(edges * 255, np.ones((5, 13), np.uint8))
    masks = []
    for low, high in COLOURS.values():
        coloured = cv2.bitwise_and(cv2.inRange(hsv, np.array(low), np.array(high)), near_edges)
        masks += [(_closed(np.asarray(coloured, np.uint8), size, (4, 4)), 1.0) for size in _CLOSINGS]
    return [*masks, (_closed(edges * 255, (17, 3), (9, 5)), 0.6)]


def _closed(mask: NDArray[np.uint8], close: tuple[int, int], opening: tuple[int, int]) -> Mask:
    bridged = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones(close[::-1], np.uint8))
    return np.asarray(cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones(opening[::-1], np.uint8)), np.uint8)


def _evaluate(outline: NDArray[np.int32], edges: Mask, scale: float, weight: float) -> PlateCandidate | None:
    width, height, slope = _extent(outline)
    if width < _MIN_SIZE[0] or height < _MIN_SIZE[1] or width > 0.6 * SIDE or slope > _MAX_SLOPE:
        return None
    ratio, fill = width / height, cv2.contourArea(outline) / (width * height)
    x, y, box_width, box_height = cv2.boundingRect(outline)
    density = float(edges[y : y + box_height, x : x + box_width].mean())
    if not _RATIO_RANGE[0] < ratio < _RATIO_RANGE[1] or fill < _MIN_FILL or density < _MIN_EDGE_DENSITY:
        return None
    score = weight * fill * min(density, 0.45) * exp(-abs(log(ratio / _USUAL_RATIO)))
    box = (round(x / scale), round(y / scale), round(box_width / scale), round(box_height / scale))
    return PlateCandidate(box, score)


def _extent(outline: NDArray[np.int32]) -> tuple[float, float, float]:
    """Longer and shorter side of the outline's rectangle, and the longer one's slope in degrees, 0…90."""
    _, (width, height), angle = cv2.minAreaRect(outline)
    slope = angle if width >= height else angle + 90
    return max(width, height), max(1.0, min(width, height)), min(slope % 180, 180 - slope % 180)


def _without_overlaps(found: list[PlateCandidate], max_count: int) -> list[PlateCandidate]:
    kept: list[PlateCandidate] = []
    for candidate in found:
        if len(kept) == max_count:
            break
        if all(overlap(candidate.box, other.box) < _SAME_OVERLAP for other in kept):
            kept.append(candidate)
    return kept
