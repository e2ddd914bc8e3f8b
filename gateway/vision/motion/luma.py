"""The luma plane at the size that motion analysis uses, and brightness normalisation."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
"""Luma plane, rows × columns, uint8."""
Mask = NDArray[np.uint8]
"""255 where set, 0 elsewhere; rows × columns."""

MIN_WIDTH = 160
"""Analysed frames are at least this wide and less than twice: halving is thirty times as fast as any other scaling."""


def downscale(luma: Luma, min_width: int = MIN_WIDTH) -> Luma:
    """Halve until the width is less than twice `min_width`. Averaging removes the sensor's noise as well."""
    while luma.shape[1] >= 2 * min_width:
        rows, columns = luma.shape
        half = cv2.resize(luma[: rows & ~1, : columns & ~1], (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        luma = np.asarray(half, np.uint8)
    return np.ascontiguousarray(luma)


def match_brightness(current: Luma, reference: Luma) -> Luma:
    """`current` in the brightness of `reference`: gain and offset, fitted on every fourth pixel without moved ones."""
    source = current[::4, ::4].astype(np.float32).ravel()
    target = reference[::4, ::4].astype(np.float32).ravel()
    gain, offset = 1.0, float(np.median(target - source))
    # Fit twice: the second time without the 30 % of pixels that differ most, which are probably foreground.
    for _ in range(2):
        error = np.abs(gain * source + offset - target)
        limit = np.partition(error, int(0.7 * (error.size - 1)))[int(0.7 * (error.size - 1))]
        inliers = error <= limit
        inlier_source, inlier_target = source[inliers], target[inliers]
        variance = float(inlier_source.var())
        if variance < 1.0:
            break
        covariance = float(np.dot(inlier_source - inlier_source.mean(), inlier_target - inlier_target.mean()))
        gain = covariance / inlier_source.size / variance
        # A gain outside of this is no change of light, but a fit to noise or to foreground.
        gain = min(max(gain, 0.5), 2.0)
        offset = float(inlier_target.mean() - gain * inlier_source.mean())
    table = np.clip(np.arange(256, dtype=np.float32) * gain + offset, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(current, table), np.uint8)


def median(values: NDArray[np.float32]) -> float:
    """The median of a small array; np.median takes ten times as long."""
    flat = values.ravel()
    return float(np.partition(flat, flat.size // 2)[flat.size // 2])
