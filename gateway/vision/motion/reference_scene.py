"""How one picture compares with what a camera usually shows: what is left of it, and how sharp. Sans-I/O."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma

_Floats = NDArray[np.float32]

_COLUMNS, _ROWS = 12, 8
"""Tiles a picture is compared by."""
_TEXTURED = 4.0
"""Standard deviation from which a tile can be recognised."""
_ALIKE = 0.5
"""Correlation from which a tile shows what it showed."""
_LIVELY, _SMOOTH = 0.4, 0.5
"""The share of its texture from which a tile is not blank, and that of its fine detail below which it is smooth."""


@dataclass(frozen=True, slots=True)
class SceneComparison:
    """All are shares of what the reference has. `textured` is that of the picture that can be compared at all.

    `sharp` is that of the middle tile of those that show something. `blank`: neither like the reference nor with
    anything in it but a smooth rim.
    """

    textured: float
    kept: float
    lively: float
    blank: float
    sharp: float


class ReferenceScene:
    """The reference: how the scene looks, and how sharp it is."""

    def __init__(self, luma: Luma) -> None:
        self._picture = luma.astype(np.float32)
        self._detail = _detail(self._picture)

    def fits(self, luma: Luma) -> bool:
        return luma.shape == self._picture.shape

    def compare(self, luma: Luma) -> SceneComparison:
        """The light may be another: tiles are compared by their texture, sharpness by its share of the contrast."""
        now = luma.astype(np.float32)
        mean, known = _tiles(now), _tiles(self._picture)
        spread = np.sqrt(np.maximum(_tiles(now * now) - mean * mean, 0.0))
        usual = np.sqrt(np.maximum(_tiles(self._picture * self._picture) - known * known, 0.0))
        textured = usual > _TEXTURED
        if not textured.any():
            return SceneComparison(0.0, 1.0, 1.0, 0.0, 1.0)
        likeness = (_tiles(now * self._picture) - mean * known) / np.maximum(spread * usual, 1e-3)
        alike, lively = likeness > _ALIKE, spread > _LIVELY * usual
        detail = _detail(now) / np.maximum(self._detail, 1e-3)
        empty = ~alike & (~lively | (detail < _SMOOTH))
        kept, share, blank = (float(each[textured].mean()) for each in (alike, lively, empty))
        left = detail[textured & lively]
        sharp = float(np.median(left)) if left.size else 1.0
        return SceneComparison(float(textured.mean()), kept, share, blank, sharp)

    def learn(self, luma: Luma, pace: float) -> None:
        """Take up this share of a new picture."""
        cv2.accumulateWeighted(luma, self._picture, pace)
        self._detail += (_detail(luma.astype(np.float32)) - self._detail) * np.float32(pace)


def _tiles(values: _Floats) -> _Floats:
    """Means. A few pixels of the rim are left out: tiles of whole pixels take a fifth of the time."""
    rows, columns = values.shape
    whole = values[: rows - rows % _ROWS or rows, : columns - columns % _COLUMNS or columns]
    return np.asarray(cv2.resize(whole, (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA), np.float32)


def _detail(picture: _Floats) -> _Floats:
    """Fine detail of each tile as a share of its contrast."""
    mean = _tiles(picture)
    contrast = np.sqrt(np.maximum(_tiles(picture * picture) - mean * mean, 1.0))
    fine = _tiles(np.abs(np.asarray(cv2.Laplacian(picture, cv2.CV_32F), np.float32)))
    return np.asarray(fine / contrast, np.float32)
