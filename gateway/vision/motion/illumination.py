"""Whether a part of a picture is a thing, or what was there before under another light. Sans-I/O."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, Mask

_TEXTURE = 2.0
"""Standard deviation of the ground from which it can be recognised under a shadow."""
_LIKE = 0.6
"""Correlation from which it is the ground that is seen."""
_EVEN = 0.18
"""Standard deviation of the logarithm of brightness as a share of before: light is even, a thing has parts."""

_RIM = np.ones((5, 5), np.uint8)
"""What lies at the edge of a shadow is half in it."""


def is_illumination_change(now: Luma, before: Luma, where: Mask) -> bool:
    """Whether the pixels of `where` are those of `before`, brighter or darker.

    Where the ground has nothing to be recognised by, what changed it evenly is light.
    """
    core = cv2.erode(where, _RIM) > 0
    seen, known = now[core].astype(np.float32), before[core].astype(np.float32)
    if not seen.size:
        return True
    if float(known.std()) >= _TEXTURE:
        return correlation(seen, known) > _LIKE
    return float(np.log((seen + 4) / (known + 4)).std()) < _EVEN


def correlation(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Correlation, -1 … 1; 1 where neither has any contrast."""
    here, there = one.astype(np.float32), other.astype(np.float32)
    here, there = here - here.mean(), there - there.mean()
    power = float(np.sqrt((here * here).mean() * (there * there).mean()))
    return float((here * there).mean()) / power if power > 1.0 else 1.0
