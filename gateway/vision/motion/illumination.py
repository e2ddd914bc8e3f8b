"""Tells an object from a change of illumination (shadow, headlight) in a part of a picture. Sans-I/O."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, Mask

_MIN_TEXTURE = 2.0
"""Standard deviation of the ground from which it can be recognised under a shadow."""
_MIN_CORRELATION = 0.6
"""Correlation from which the ground itself is visible."""
_MAX_LOG_DEVIATION = 0.18
"""Standard deviation of the logarithm of the brightness ratio: light changes all evenly, an object does not."""

_RIM_KERNEL = np.ones((5, 5), np.uint8)
"""The border of a shadow is half lit, so it is left out."""


def is_illumination_change(current: Luma, previous: Luma, mask: Mask) -> bool:
    """Whether the masked pixels are those of `previous`, brighter or darker.

    On ground without texture an even change counts as light.
    """
    core = cv2.erode(mask, _RIM_KERNEL) > 0
    current_pixels, previous_pixels = current[core].astype(np.float32), previous[core].astype(np.float32)
    if not current_pixels.size:
        return True
    if float(previous_pixels.std()) >= _MIN_TEXTURE:
        return correlation(current_pixels, previous_pixels) > _MIN_CORRELATION
    # +4 keeps the ratio of dark pixels from being dominated by noise
    return float(np.log((current_pixels + 4) / (previous_pixels + 4)).std()) < _MAX_LOG_DEVIATION


def correlation(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Pearson correlation, -1 … 1; 1 if neither has any contrast."""
    first, second = one.astype(np.float32), other.astype(np.float32)
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first * first).mean() * (second * second).mean()))
    return float((first * second).mean()) / norm if norm > 1.0 else 1.0
