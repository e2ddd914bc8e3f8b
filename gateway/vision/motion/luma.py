"""Brightness as the pixels' gate looks at it: small, and in the light of another picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
"""Brightness, rows × columns."""
Mask = NDArray[np.uint8]
"""255 where it holds, 0 elsewhere; rows × columns."""

MIN_WIDTH = 160
"""Looks are between this and twice as wide: halving is thirty times as fast as any other scale."""


def downscale(luma: Luma, least: int = MIN_WIDTH) -> Luma:
    """Halved until it is less than twice `least` wide. The noise of a sensor goes with it."""
    while luma.shape[1] >= 2 * least:
        rows, columns = luma.shape
        half = cv2.resize(luma[: rows & ~1, : columns & ~1], (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        luma = np.asarray(half, np.uint8)
    return np.ascontiguousarray(luma)


def match_brightness(seen: Luma, known: Luma) -> Luma:
    """`seen` in the light of `known`: gain and offset fitted on every fourth pixel, without what moved."""
    here = seen[::4, ::4].astype(np.float32).ravel()
    there = known[::4, ::4].astype(np.float32).ravel()
    gain, offset = 1.0, float(np.median(there - here))
    for _ in range(2):
        error = np.abs(gain * here + offset - there)
        most = np.partition(error, int(0.7 * (error.size - 1)))[int(0.7 * (error.size - 1))]
        calm = error <= most
        one, other = here[calm], there[calm]
        spread = float(one.var())
        if spread < 1.0:
            break
        gain = float(np.dot(one - one.mean(), other - other.mean())) / one.size / spread
        gain = min(max(gain, 0.5), 2.0)
        offset = float(other.mean() - gain * one.mean())
    table = np.clip(np.arange(256, dtype=np.float32) * gain + offset, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(seen, table), np.uint8)


def median(values: NDArray[np.float32]) -> float:
    """The median of few values; numpy's own takes ten times as long."""
    flat = values.ravel()
    return float(np.partition(flat, flat.size // 2)[flat.size // 2])
