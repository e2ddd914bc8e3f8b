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

_CHANGE_FACTOR, _MIN_MOVING_SHARE = 0.7, 0.05
"""A patch moves if so much of it changed since the look before, by so much of the contrast; noise does less."""
_LIGHT_CORRELATION, _MIN_LIGHT_PIXELS = 0.75, 40
"""From so high a correlation with the background, over at least so many pixels, it is the background lit otherwise."""
_CHROMA_SHARE = 0.3
"""The share of a patch that must differ in colour for it to be no light."""
_MIN_TEXTURE = 3.0
"""Standard deviation below which the texture of the background is no more than noise."""
_MIN_WEATHER_BLOBS, _WEATHER_MEDIAN_FACTOR, _WEATHER_CLUMP_FACTOR = 12, 6.0, 5.0
"""From so many patches on it rains or snows; a thing is so many times the usual patch, and the nine tenths' largest."""
MIN_LINE_LENGTH, _MAX_LINE_WIDTH = 16.0, 3.0
"""Pixels from end to end from which something is a line, if its area is so many of them for each or less."""
_MIN_STREAKS = 24
"""From so many patches on what is thin is rain."""
_MIN_LINE_POINTS, _MAX_LINE_DEVIATION, _MAX_LINE_BEND = 4, 1.2, 0.06
"""How far from the line its pixels lie, as a standard deviation: in pixels, and as a share of its length."""
_UPRIGHT_RATIO, _UPRIGHT_LINE_FACTOR = 1.4, 0.75
"""How much higher than wide somebody who walks is, and how much straighter what is upright must be to be a line."""
_JOIN_KERNEL = np.ones((5, 5), np.uint8)
_OPEN_KERNEL = np.ones((2, 2), np.uint8)


@dataclass(frozen=True, slots=True)
class Blob:
    """Something that differs from the background. `moving`: it also differs from the look before."""

    box: RelativeBox
    area: float
    moving: bool

    @property
    def foot(self) -> Point:
        """Where it stands."""
        x, y, width, height = self.box
        return x + width / 2, y + height

    @property
    def centre(self) -> Point:
        x, y, width, height = self.box
        return x + width / 2, y + height / 2


@dataclass(frozen=True, slots=True)
class ForegroundFrame:
    """One look against the background, all of one size. `frame_difference`: changed since the look before.

    `chroma`: differs in colour, and hardly in brightness, so that no light did it.
    """

    mask: Mask
    changed: Mask
    normalised: Luma
    reference: Luma
    chroma: Mask | None = None


def find_blobs(
    frame: ForegroundFrame, min_pixels: float, near_lines: Mask | None = None
) -> tuple[list[Blob], Mask, Mask]:
    """Those of `min_pixels` pixels and more; where the alive ones are; and where lines are, which are left out.

    A line is long, or lies where `near_lines` is set, and is as thin as a thread before the lens.
    """
    solid = np.asarray(cv2.morphologyEx(frame.mask, cv2.MORPH_OPEN, _OPEN_KERNEL), np.uint8)
    if not cv2.countNonZero(solid):
        return [], solid, solid
    count, drawn, boxes, _ = cv2.connectedComponentsWithStats(cv2.dilate(solid, _JOIN_KERNEL))
    labels, stats = np.asarray(drawn, np.int32), np.asarray(boxes, np.int32)
    areas = _pixels_per_label(labels, solid, count)
    areas[0] = 0
    moved = _pixels_per_label(labels, frame.changed & solid, count)
    length = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    long = length >= MIN_LINE_LENGTH
    line_like = long if near_lines is None else long | (_pixels_per_label(labels, near_lines & solid, count) > 0)
    few_blobs = np.count_nonzero(areas) < _MIN_STREAKS
    thin = few_blobs & line_like & (areas <= _MAX_LINE_WIDTH * length) & (areas > 0)
    for label in np.flatnonzero(thin).tolist():
        thin[label] = _is_line(solid, labels, label, stats[label])
    lines = np.asarray(np.isin(labels, np.flatnonzero(thin & long)) * solid, np.uint8)
    large = np.flatnonzero((areas >= max(min_pixels, _weather_limit(areas[1:]))) & ~thin)
    candidates = [blob for blob in large.tolist() if not _is_light(frame, solid, labels == blob, stats[blob])]
    moving = moved >= np.maximum(min_pixels / 4, _MIN_MOVING_SHARE * areas)
    found = [_blob(stats[blob], areas[blob], solid.shape, moving=bool(moving[blob])) for blob in candidates]
    moving_mask = np.isin(labels, [blob for blob in candidates if moving[blob]])
    return found, moving_mask.astype(np.uint8) * np.uint8(255), lines


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


def frame_difference(luma: Luma, previous: Luma, contrast: float) -> Mask:
    """Where a look differs from the one before it."""
    difference = cv2.absdiff(luma, previous)
    return np.asarray(cv2.threshold(difference, _CHANGE_FACTOR * contrast, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _is_line(solid: Mask, labels: _Labels, label: int, stats: _Labels) -> bool:
    """Whether its pixels lie along a line. A walker's lie farther from it, though few of them differ."""
    x, y, width, height = stats[:4].tolist()
    here = slice(y, y + height), slice(x, x + width)
    points = np.argwhere((labels[here] == label) & (solid[here] > 0)).astype(np.float32)
    if len(points) < _MIN_LINE_POINTS:
        return True
    strictness = _UPRIGHT_LINE_FACTOR if height > _UPRIGHT_RATIO * width else 1.0
    length = float(np.hypot(width, height))
    deviation = float(np.sqrt(max(np.linalg.eigvalsh(np.cov(points.T))[0], 0.0)))
    max_deviation = strictness * max(_MAX_LINE_DEVIATION, _MAX_LINE_BEND * length)
    return len(points) <= strictness * _MAX_LINE_WIDTH * length and deviation <= max_deviation


def _weather_limit(areas: NDArray[np.float64]) -> float:
    """Drops and flakes are many and alike: what counts must be far larger than they."""
    sizes = areas[areas > 0]
    if sizes.size < _MIN_WEATHER_BLOBS:
        return 0.0
    usual, large = (float(value) for value in np.quantile(sizes, (0.5, 0.9)))
    return max(_WEATHER_MEDIAN_FACTOR * usual, _WEATHER_CLUMP_FACTOR * large)


def _is_light(frame: ForegroundFrame, solid: Mask, blob: NDArray[np.bool_], stats: _Labels) -> bool:
    """A headlight or a shadow: the background's own texture, brighter or darker."""
    x, y, width, height = stats[:4]
    here = slice(y, y + height), slice(x, x + width)
    inside = blob[here] & (solid[here] > 0)
    if frame.chroma is not None and float((frame.chroma[here] > 0)[inside].mean()) > _CHROMA_SHARE:
        return False
    if int(inside.sum()) < _MIN_LIGHT_PIXELS:
        return False
    current, reference = _texture(frame.normalised[here])[inside], _texture(frame.reference[here])[inside]
    spread = float(current.std() * reference.std())
    if reference.std() < _MIN_TEXTURE or spread < _MIN_TEXTURE:
        return False
    covariance = float(np.mean((current - current.mean()) * (reference - reference.mean())))
    return covariance / spread > _LIGHT_CORRELATION


def _texture(luma: Luma) -> NDArray[np.float32]:
    """The texture alone: light and shadow are larger."""
    fine = luma.astype(np.float32)
    return np.asarray(fine - cv2.blur(fine, (7, 7)), np.float32)


def _pixels_per_label(labels: _Labels, where: Mask, count: int) -> NDArray[np.float64]:
    """How many pixels of each label are set."""
    return np.asarray(np.bincount(labels[where > 0], minlength=count), np.float64)


def _blob(stats: _Labels, area: float, shape: tuple[int, ...], *, moving: bool) -> Blob:
    x, y, width, height = (float(value) for value in stats[:4])
    rows, columns = shape
    return Blob((x / columns, y / rows, width / columns, height / rows), area / (rows * columns), moving)
