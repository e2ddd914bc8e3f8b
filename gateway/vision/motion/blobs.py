"""Blob analysis: from foreground pixels to moving objects, without light, weather and threads on the lens. Sans-I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, Mask
from gateway.vision.motion.scene_layout import Point, Polygon

RelativeBox = tuple[float, float, float, float]
"""x, y, width, height as shares of the picture, valid at any resolution."""
_Labels = NDArray[np.int32]

_CHANGE_FACTOR, _MIN_MOVING_SHARE = 0.7, 0.05
"""A pixel changed if it differs from the previous frame by this share of the contrast; a blob moves if this
share of its pixels changed. Noise stays below both."""
_LIGHT_CORRELATION, _MIN_LIGHT_PIXELS = 0.75, 40
"""Correlation with the background, over at least so many pixels, from which a blob is background lit otherwise."""
_CHROMA_SHARE = 0.3
"""Share of a blob that must differ in chroma for it to be no light."""
_MIN_TEXTURE = 3.0
"""Standard deviation below which the background's texture is no more than noise."""
_MIN_WEATHER_BLOBS, _WEATHER_MEDIAN_FACTOR, _WEATHER_CLUMP_FACTOR = 12, 6.0, 5.0
"""From so many blobs on it rains or snows; an object then is so many times the median blob, and so many times
the nine tenths' largest."""
MIN_LINE_LENGTH, _MAX_LINE_WIDTH = 16.0, 3.0
"""Pixels from end to end from which a blob may be a line, and its largest mean width in pixels."""
_MIN_STREAKS = 24
"""From so many blobs on, thin ones are rain."""
_MIN_LINE_POINTS, _MAX_LINE_DEVIATION, _MAX_LINE_BEND = 4, 1.2, 0.06
"""Fewest pixels for a fit, and the largest standard deviation from the line: in pixels, and as a share of its
length."""
_UPRIGHT_RATIO, _UPRIGHT_LINE_FACTOR = 1.4, 0.75
"""Height over width of a walking person, and how much straighter an upright blob must be to count as a line."""
_JOIN_KERNEL = np.ones((5, 5), np.uint8)
_OPEN_KERNEL = np.ones((2, 2), np.uint8)


@dataclass(frozen=True, slots=True)
class Blob:
    """A connected region that differs from the background. `moving`: it also differs from the previous frame."""

    box: RelativeBox
    area: float
    moving: bool

    @property
    def foot(self) -> Point:
        """Bottom centre: where the object stands on the ground."""
        x, y, width, height = self.box
        return x + width / 2, y + height

    @property
    def centre(self) -> Point:
        """Centre of the box."""
        x, y, width, height = self.box
        return x + width / 2, y + height / 2


@dataclass(frozen=True, slots=True)
class ForegroundFrame:
    """The masks and pictures of one frame, all of one size. `changed`: differs from the previous frame.

    `chroma`: differs in colour and hardly in brightness, so that no light did it.
    """

    mask: Mask
    changed: Mask
    normalised: Luma
    reference: Luma
    chroma: Mask | None = None


def find_blobs(
    frame: ForegroundFrame, min_pixels: float, near_lines: Mask | None = None
) -> tuple[list[Blob], Mask, Mask]:
    """Blobs of `min_pixels` and more, the mask of the moving ones, and the mask of lines, which are left out.

    A line is long, or lies where `near_lines` is set, and is as thin as a spider's thread on the lens.
    """
    solid = np.asarray(cv2.morphologyEx(frame.mask, cv2.MORPH_OPEN, _OPEN_KERNEL), np.uint8)
    if not cv2.countNonZero(solid):
        return [], solid, solid
    count, drawn, boxes, _ = cv2.connectedComponentsWithStats(cv2.dilate(solid, _JOIN_KERNEL))
    labels, stats = np.asarray(drawn, np.int32), np.asarray(boxes, np.int32)
    areas = _pixels_per_label(labels, solid, count)
    # Label 0 is OpenCV's background label.
    areas[0] = 0
    moved = _pixels_per_label(labels, frame.changed & solid, count)
    length = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    long = length >= MIN_LINE_LENGTH
    line_like = long if near_lines is None else long | (_pixels_per_label(labels, near_lines & solid, count) > 0)
    # many thin blobs at once are rain, which is judged by its areas below
    few_blobs = np.count_nonzero(areas) < _MIN_STREAKS
    thin = few_blobs & line_like & (areas <= _MAX_LINE_WIDTH * length) & (areas > 0)
    thin[thin] = [_is_line(solid, labels, label, stats[label]) for label in np.flatnonzero(thin).tolist()]
    lines = np.asarray(np.isin(labels, np.flatnonzero(thin & long)) * solid, np.uint8)
    large = np.flatnonzero((areas >= max(min_pixels, _weather_limit(areas[1:]))) & ~thin)
    candidates = [blob for blob in large.tolist() if not _is_light(frame, solid, labels == blob, stats[blob])]
    # a slow object changes few of its pixels between two frames, so a quarter of the smallest area suffices
    moving = moved >= np.maximum(min_pixels / 4, _MIN_MOVING_SHARE * areas)
    # `candidates` are labels here: the blobs are made only of those that remain
    found = [_blob(stats[blob], areas[blob], solid.shape, moving=bool(moving[blob])) for blob in candidates]
    moving_mask = np.isin(labels, [blob for blob in candidates if moving[blob]])
    return found, moving_mask.astype(np.uint8) * np.uint8(255), lines


def polygon_mask(polygons: Sequence[Polygon], shape: tuple[int, ...]) -> Mask:
    """255 inside of any of the polygons, in a picture of `shape` (rows, columns)."""
    drawn = np.zeros(shape, np.uint8)
    for polygon in polygons:
        corners = np.array(polygon) * (shape[1], shape[0])
        cv2.fillPoly(drawn, [np.round(corners).astype(np.int32)], 255)
    return drawn


def union(one: RelativeBox, other: RelativeBox) -> RelativeBox:
    """Bounding box of both."""
    x, y = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return (x, y, right - x, bottom - y)


def frame_difference(luma: Luma, previous: Luma, contrast: float) -> Mask:
    """Mask of where a frame differs from the previous one."""
    difference = cv2.absdiff(luma, previous)
    return np.asarray(cv2.threshold(difference, _CHANGE_FACTOR * contrast, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _is_line(solid: Mask, labels: _Labels, label: int, stats: _Labels) -> bool:
    """Whether the pixels lie along a straight line. A walking person's spread wider, even if few of them differ."""
    x, y, width, height = stats[:4].tolist()
    here = slice(y, y + height), slice(x, x + width)
    points = np.argwhere((labels[here] == label) & (solid[here] > 0)).astype(np.float32)
    if len(points) < _MIN_LINE_POINTS:
        return True
    strictness = _UPRIGHT_LINE_FACTOR if height > _UPRIGHT_RATIO * width else 1.0
    length = float(np.hypot(width, height))
    # The smaller eigenvalue of the covariance is the variance across the line.
    deviation = float(np.sqrt(max(np.linalg.eigvalsh(np.cov(points.T))[0], 0.0)))
    max_deviation = strictness * max(_MAX_LINE_DEVIATION, _MAX_LINE_BEND * length)
    return len(points) <= strictness * _MAX_LINE_WIDTH * length and deviation <= max_deviation


def _weather_limit(areas: NDArray[np.float64]) -> float:
    """Smallest area of an object in rain or snow: drops and flakes are many and alike, an object is much larger."""
    sizes = areas[areas > 0]
    if sizes.size < _MIN_WEATHER_BLOBS:
        return 0.0
    usual, large = (float(value) for value in np.quantile(sizes, (0.5, 0.9)))
    return max(_WEATHER_MEDIAN_FACTOR * usual, _WEATHER_CLUMP_FACTOR * large)


def _is_light(frame: ForegroundFrame, solid: Mask, blob: NDArray[np.bool_], stats: _Labels) -> bool:
    """Whether a blob is a headlight or a shadow: the background's own texture, brighter or darker."""
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
    """High-pass filtered: light and shadow vary more slowly than texture."""
    fine = luma.astype(np.float32)
    return np.asarray(fine - cv2.blur(fine, (7, 7)), np.float32)


def _pixels_per_label(labels: _Labels, where: Mask, count: int) -> NDArray[np.float64]:
    """Number of set pixels of each label."""
    return np.asarray(np.bincount(labels[where > 0], minlength=count), np.float64)


def _blob(stats: _Labels, area: float, shape: tuple[int, ...], *, moving: bool) -> Blob:
    x, y, width, height = (float(value) for value in stats[:4])
    rows, columns = shape
    return Blob((x / columns, y / rows, width / columns, height / rows), area / (rows * columns), moving)
