"""Filters nuisance motion: swaying vegetation, flicker, and spider's threads on the lens. Sans-I/O.

A walking person covers a place once. What sways covers and leaves the same place again and again.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Mask

_KERNEL_3X3, _KERNEL_13X13 = np.ones((3, 3), np.uint8), np.ones((13, 13), np.uint8)


class SwayFilter:
    """Feed it the foreground mask of every analysed frame."""

    _MAX_CHANGE_RATE = 0.18
    """Share of frames in which a pixel may enter or leave the foreground. The legs of a walker reach 0.13."""
    _MEMORY_FRAMES = 30.0
    """Time constant of the rate, in frames."""

    def __init__(self) -> None:
        self._previous: Mask | None = None
        self._change_rate: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def remove_swaying(self, mask: Mask) -> Mask:
        """The mask without pixels that change too often."""
        if self._previous is None or self._previous.shape != mask.shape:
            self._previous, self._change_rate = mask, np.zeros(mask.shape, np.float32)
            return mask
        changed = cv2.bitwise_xor(mask, self._previous)
        self._previous = mask
        cv2.accumulateWeighted(changed, self._change_rate, 1 / self._MEMORY_FRAMES)
        swaying = cv2.dilate(((self._change_rate > self._MAX_CHANGE_RATE * 255) * np.uint8(255)), _KERNEL_3X3)
        return np.asarray(cv2.bitwise_and(mask, cv2.bitwise_not(swaying)), np.uint8)


class CobwebDetector:
    """Detects a thread that moves before the lens and stays: where it is, and whether it is permanent."""

    MEMORY_SECONDS = 20.0
    """Time constant, in seconds, of the share of time in which a thread is visible."""
    _RECENT_SHARE, _PRESENT_SHARE, _ABSENT_SHARE = 0.025, 0.4, 0.05
    """Shares of the time that it is visible: above the first, blobs near it are tested for being pieces of it;
    above the second it is present; below the third it no longer is."""
    _MEMORY_FRAMES, _MIN_PLACE_WEIGHT = 30.0, 0.2
    """Time constant, in frames, of the places where it was seen, and the smallest weight of a place that still
    counts."""

    def __init__(self) -> None:
        self._share = 0.0
        self._time = float("inf")
        self._heatmap: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self.is_present = False

    @property
    def seen_recently(self) -> bool:
        """Whether one was visible recently."""
        return self._share > self._RECENT_SHARE

    def update(self, lines: Mask, time: float) -> None:
        """Feed the mask of lines found in one frame."""
        visible = cv2.countNonZero(lines) > 0
        # A long gap between frames must not let a single line count as permanent, so it is capped.
        elapsed, self._time = min(max(0.0, time - self._time), self.MEMORY_SECONDS / 4), time
        self._share += (visible - self._share) * elapsed / self.MEMORY_SECONDS
        self.is_present = self._share > (self._ABSENT_SHARE if self.is_present else self._PRESENT_SHARE)
        if self._heatmap.shape != lines.shape:
            self._heatmap = np.zeros(lines.shape, np.float32)
        if visible or self.seen_recently:
            self._heatmap = np.maximum(self._heatmap * np.float32(1 - 1 / self._MEMORY_FRAMES), lines).astype(
                np.float32
            )

    @property
    def vicinity(self) -> Mask:
        """Mask of where pieces of threads may be."""
        return np.asarray(cv2.dilate((self._heatmap > 0) * np.uint8(255), _KERNEL_13X13), np.uint8)

    def remove_from(self, mask: Mask) -> Mask:
        """The mask without the places of threads."""
        cobwebs = cv2.dilate(((self._heatmap > self._MIN_PLACE_WEIGHT * 255) * np.uint8(255)), _KERNEL_3X3)
        return np.asarray(cv2.bitwise_and(mask, cv2.bitwise_not(cobwebs)), np.uint8)
