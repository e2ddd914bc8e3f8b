"""Compares a picture with a camera's reference scene: how much of it is left, and how sharp it is. Sans-I/O."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma

_Floats = NDArray[np.float32]

_TILE_COLUMNS, _TILE_ROWS = 12, 8
"""Tiles that a picture is compared by."""
_MIN_TEXTURE = 4.0
"""Standard deviation from which a tile can be recognised."""
_MIN_CORRELATION = 0.5
"""Correlation from which a tile shows what it used to show."""
_MIN_CONTRAST_RATIO, _MIN_DETAIL_RATIO = 0.4, 0.5
"""Share of its contrast from which a tile is not blank, and share of its fine detail below which it is smooth."""


@dataclass(frozen=True, slots=True)
class SceneComparison:
    """Shares of the reference's tiles. `textured`: share of the picture that can be compared at all.

    `kept`: still show the same; `contrast`: still have contrast; `blank`: neither show the same nor have anything
    but a smooth gradient. `sharp`: median sharpness of the tiles with contrast, as a share of the reference's.
    """

    textured: float
    kept: float
    contrast: float
    blank: float
    sharp: float


class ReferenceScene:
    """The reference: how the scene looks, and how sharp it is."""

    def __init__(self, luma: Luma) -> None:
        self._picture = luma.astype(np.float32)
        self._tile_detail = _tile_detail(self._picture)

    def matches_size(self, luma: Luma) -> bool:
        """Whether the picture has the reference's size."""
        return luma.shape == self._picture.shape

    def compare(self, luma: Luma) -> SceneComparison:
        """Independent of the light: compares tiles by correlation, and sharpness as a share of the contrast."""
        current = luma.astype(np.float32)
        mean, reference_mean = _tile_means(current), _tile_means(self._picture)
        spread = np.sqrt(np.maximum(_tile_means(current * current) - mean * mean, 0.0))
        reference_squares = _tile_means(self._picture * self._picture)
        reference_spread = np.sqrt(np.maximum(reference_squares - reference_mean * reference_mean, 0.0))
        textured = reference_spread > _MIN_TEXTURE
        if not textured.any():
            return SceneComparison(0.0, 1.0, 1.0, 0.0, 1.0)
        covariance = _tile_means(current * self._picture) - mean * reference_mean
        correlation = covariance / np.maximum(spread * reference_spread, 1e-3)
        alike, contrast = correlation > _MIN_CORRELATION, spread > _MIN_CONTRAST_RATIO * reference_spread
        detail_ratio = _tile_detail(current) / np.maximum(self._tile_detail, 1e-3)
        empty = ~alike & (~contrast | (detail_ratio < _MIN_DETAIL_RATIO))
        kept, contrast_share, blank = (float(each[textured].mean()) for each in (alike, contrast, empty))
        # blank tiles have no sharpness of their own
        remaining = detail_ratio[textured & contrast]
        sharp = float(np.median(remaining)) if remaining.size else 1.0
        return SceneComparison(float(textured.mean()), kept, contrast_share, blank, sharp)

    def learn(self, luma: Luma, weight: float) -> None:
        """Adapt the reference; `weight` is the share of the new picture."""
        cv2.accumulateWeighted(luma, self._picture, weight)
        self._tile_detail += (_tile_detail(luma.astype(np.float32)) - self._tile_detail) * np.float32(weight)


def _tile_means(values: _Floats) -> _Floats:
    """Mean of each tile. A few border pixels are left out: with tiles of whole pixels it takes a fifth of the time."""
    rows, columns = values.shape
    cropped = values[: rows - rows % _TILE_ROWS or rows, : columns - columns % _TILE_COLUMNS or columns]
    return np.asarray(cv2.resize(cropped, (_TILE_COLUMNS, _TILE_ROWS), interpolation=cv2.INTER_AREA), np.float32)


def _tile_detail(picture: _Floats) -> _Floats:
    """Fine detail of each tile as a share of its contrast."""
    mean = _tile_means(picture)
    contrast = np.sqrt(np.maximum(_tile_means(picture * picture) - mean * mean, 1.0))
    fine = _tile_means(np.abs(np.asarray(cv2.Laplacian(picture, cv2.CV_32F), np.float32)))
    return np.asarray(fine / contrast, np.float32)
