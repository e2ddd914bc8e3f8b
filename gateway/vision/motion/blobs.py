"""From pixels that differ to things that move: patches large enough, alive, and neither light nor weather. Sans-I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, Mask
from gateway.vision.motion.scene_layout import Point, Polygon

RelativeBox = tuple[float, float, float, float]
"""x, y, width, height as shares of the picture, so that it fits any size of it."""
_Labels = NDArray[np.int32]

_STIRRED, _ALIVE = 0.7, 0.05
"""A patch moves if so much of it changed since the look before, by so much of the contrast; noise does less."""
_LIGHT_LIKENESS, _LIGHT_LEAST = 0.75, 40
"""From so high a correlation with the background, over at least so many pixels, it is the background lit otherwise."""
_COLOURED = 0.3
"""The share of a patch that must differ in colour for it to be no light."""
_TEXTURE = 3.0
"""Standard deviation below which the texture of the background is no more than noise."""
_WEATHER, _BEYOND_WEATHER, _BEYOND_CLUMPS = 12, 6.0, 5.0
"""From so many patches on it rains or snows; a thing is so many times the usual patch, and the nine tenths' largest."""
MIN_LINE_LENGTH, _SLENDER = 16.0, 3.0
"""Pixels from end to end from which something is a line, if its area is so many of them for each or less."""
_STREAKS = 24
"""From so many patches on what is thin is rain."""
_FEW, _ASIDE, _BENT = 4, 1.2, 0.06
"""How far from the line its pixels lie, as a standard deviation: in pixels, and as a share of its length."""
_UPRIGHT, _UPRIGHT_LINE = 1.4, 0.75
"""How much higher than wide somebody who walks is, and how much straighter what is upright must be to be a line."""
_JOIN = np.ones((5, 5), np.uint8)
_THIN = np.ones((2, 2), np.uint8)


@dataclass(frozen=True, slots=True)
class Blob:
    """Something that differs from the background. `alive`: it also differs from the look before."""

    box: RelativeBox
    area: float
    alive: bool

    @property
    def foot(self) -> Point:
        """Where it stands."""
        x, y, width, height = self.box
        return x + width / 2, y + height

    @property
    def middle(self) -> Point:
        x, y, width, height = self.box
        return x + width / 2, y + height / 2


@dataclass(frozen=True, slots=True)
class ForegroundFrame:
    """One look against the background, all of one size. `frame_difference`: changed since the look before.

    `coloured`: differs in colour, and hardly in brightness, so that no light did it.
    """

    mask: Mask
    changed: Mask
    lit: Luma
    background: Luma
    coloured: Mask | None = None


def find_blobs(look: ForegroundFrame, least: float, beside: Mask | None = None) -> tuple[list[Blob], Mask, Mask]:
    """Those of `least` pixels and more; where the alive ones are; and where lines are, which are left out.

    A line is long, or lies where `beside` is set, and is as thin as a thread before the lens.
    """
    solid = np.asarray(cv2.morphologyEx(look.mask, cv2.MORPH_OPEN, _THIN), np.uint8)
    if not cv2.countNonZero(solid):
        return [], solid, solid
    count, drawn, boxes, _ = cv2.connectedComponentsWithStats(cv2.dilate(solid, _JOIN))
    labels, stats = np.asarray(drawn, np.int32), np.asarray(boxes, np.int32)
    covered = _sums(labels, solid, count)
    covered[0] = 0
    moved = _sums(labels, look.changed & solid, count)
    length = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    long = length >= MIN_LINE_LENGTH
    piece = long if beside is None else long | (_sums(labels, beside & solid, count) > 0)
    calm = np.count_nonzero(covered) < _STREAKS
    thin = calm & piece & (covered <= _SLENDER * length) & (covered > 0)
    for label in np.flatnonzero(thin).tolist():
        thin[label] = _is_line(solid, labels, label, stats[label])
    lines = np.asarray(np.isin(labels, np.flatnonzero(thin & long)) * solid, np.uint8)
    large = np.flatnonzero((covered >= max(least, _weather(covered[1:]))) & ~thin)
    things = [patch for patch in large.tolist() if not _is_light(look, solid, labels == patch, stats[patch])]
    alive = moved >= np.maximum(least / 4, _ALIVE * covered)
    found = [_patch(stats[patch], covered[patch], solid.shape, alive=bool(alive[patch])) for patch in things]
    living = np.isin(labels, [patch for patch in things if alive[patch]])
    return found, living.astype(np.uint8) * np.uint8(255), lines


def polygon_mask(polygons: Sequence[Polygon], shape: tuple[int, ...]) -> Mask:
    """255 inside any of the polygons, in a picture of `shape` (rows, columns)."""
    drawn = np.zeros(shape, np.uint8)
    for polygon in polygons:
        corners = np.array(polygon) * (shape[1], shape[0])
        cv2.fillPoly(drawn, [np.round(corners).astype(np.int32)], 255)
    return drawn


def union(one: RelativeBox, other: RelativeBox) -> RelativeBox:
    """The box around both."""
    x, y = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return (x, y, right - x, bottom - y)


def frame_difference(luma: Luma, before: Luma, contrast: float) -> Mask:
    """Where a look differs from the one before it."""
    difference = cv2.absdiff(luma, before)
    return np.asarray(cv2.threshold(difference, _STIRRED * contrast, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _is_line(solid: Mask, labels: _Labels, label: int, stats: _Labels) -> bool:
    """Whether its pixels lie along a line. A walker's lie farther from it, though few of them differ."""
    x, y, width, height = stats[:4].tolist()
    here = slice(y, y + height), slice(x, x + width)
    places = np.argwhere((labels[here] == label) & (solid[here] > 0)).astype(np.float32)
    if len(places) < _FEW:
        return True
    strict = _UPRIGHT_LINE if height > _UPRIGHT * width else 1.0
    length = float(np.hypot(width, height))
    aside = float(np.sqrt(max(np.linalg.eigvalsh(np.cov(places.T))[0], 0.0)))
    return len(places) <= strict * _SLENDER * length and aside <= strict * max(_ASIDE, _BENT * length)


def _weather(covered: NDArray[np.float64]) -> float:
    """Drops and flakes are many and alike: what counts must be far larger than they."""
    drops = covered[covered > 0]
    if drops.size < _WEATHER:
        return 0.0
    usual, large = (float(value) for value in np.quantile(drops, (0.5, 0.9)))
    return max(_BEYOND_WEATHER * usual, _BEYOND_CLUMPS * large)


def _is_light(look: ForegroundFrame, solid: Mask, patch: NDArray[np.bool_], stats: _Labels) -> bool:
    """A headlight or a shadow: the background's own texture, brighter or darker."""
    x, y, width, height = stats[:4]
    here = slice(y, y + height), slice(x, x + width)
    inside = patch[here] & (solid[here] > 0)
    if look.coloured is not None and float((look.coloured[here] > 0)[inside].mean()) > _COLOURED:
        return False
    if int(inside.sum()) < _LIGHT_LEAST:
        return False
    seen, known = _grain(look.lit[here])[inside], _grain(look.background[here])[inside]
    spread = float(seen.std() * known.std())
    if known.std() < _TEXTURE or spread < _TEXTURE:
        return False
    return float(np.mean((seen - seen.mean()) * (known - known.mean()))) / spread > _LIGHT_LIKENESS


def _grain(luma: Luma) -> NDArray[np.float32]:
    """The texture alone: light and shadow are larger."""
    fine = luma.astype(np.float32)
    return np.asarray(fine - cv2.blur(fine, (7, 7)), np.float32)


def _sums(labels: _Labels, where: Mask, count: int) -> NDArray[np.float64]:
    """How many pixels of each label are set."""
    return np.asarray(np.bincount(labels[where > 0], minlength=count), np.float64)


def _patch(stats: _Labels, covered: float, shape: tuple[int, ...], *, alive: bool) -> Blob:
    x, y, width, height = (float(value) for value in stats[:4])
    rows, columns = shape
    return Blob((x / columns, y / rows, width / columns, height / rows), covered / (rows * columns), alive)
