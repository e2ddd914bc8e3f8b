"""Whether a part of a picture is a thing, or what was there before under another light. Sans-I/O."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, Mask

_MIN_TEXTURE = 2.0
"""Standard deviation of the ground from which it can be recognised under a shadow."""
_MIN_CORRELATION = 0.6
"""Correlation from which it is the ground that is seen."""
_MAX_LOG_DEVIATION = 0.18
"""Standard deviation of the logarithm of brightness as a share of before: light is even, a thing has parts."""

_RIM_KERNEL = np.ones((5, 5), np.uint8)
"""What lies at the edge of a shadow is half in it."""


def is_illumination_change(current: Luma, previous: Luma, mask: Mask) -> bool:
    """Whether the pixels of `mask` are those of `previous`, brighter or darker.

    Where the ground has nothing to be recognised by, what changed it evenly is light.
    """
    core = cv2.erode(mask, _RIM_KERNEL) > 0
    current_pixels, previous_pixels = current[core].astype(np.float32), previous[core].astype(np.float32)
    if not current_pixels.size:
        return True
    if float(previous_pixels.std()) >= _MIN_TEXTURE:
        return correlation(current_pixels, previous_pixels) > _MIN_CORRELATION
    return float(np.log((current_pixels + 4) / (previous_pixels + 4)).std()) < _MAX_LOG_DEVIATION


def correlation(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Correlation, -1 … 1; 1 where neither has any contrast."""
    first, second = one.astype(np.float32), other.astype(np.float32)
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first * first).mean() * (second * second).mean()))
    return float((first * second).mean()) / norm if norm > 1.0 else 1.0
