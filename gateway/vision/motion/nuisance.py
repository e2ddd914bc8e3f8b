"""What moves and stays where it is: a twig, a grating that flickers, a spider's thread before the lens. Sans-I/O.

A walker covers a place once. What sways covers and leaves it again and again, and that is no movement.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Mask

_NEAR, _WIDE = np.ones((3, 3), np.uint8), np.ones((13, 13), np.uint8)


class SwayFilter:
    """Feed it the mask of every look: what differs from the background."""

    _OFTEN = 0.18
    """The share of looks in which a place comes to differ, or ceases to. A walker's legs: 0.13."""
    _LOOKS = 30.0
    """Looks in which two thirds of that are learnt."""

    def __init__(self) -> None:
        self._before: Mask | None = None
        self._often: NDArray[np.float32] = np.zeros((0, 0), np.float32)

    def calm(self, mask: Mask) -> Mask:
        """The mask without what sways."""
        if self._before is None or self._before.shape != mask.shape:
            self._before, self._often = mask, np.zeros(mask.shape, np.float32)
            return mask
        turned = cv2.bitwise_xor(mask, self._before)
        self._before = mask
        cv2.accumulateWeighted(turned, self._often, 1 / self._LOOKS)
        sways = cv2.dilate(((self._often > self._OFTEN * 255) * np.uint8(255)), _NEAR)
        return np.asarray(cv2.bitwise_and(mask, cv2.bitwise_not(sways)), np.uint8)


class CobwebDetector:
    """Something long and thin that moves before the lens, and does not go away: where it is, and whether it hangs."""

    SURE = 20.0
    """Seconds in which two thirds of what is seen are believed."""
    _NEAR, _MOST, _HARDLY = 0.025, 0.4, 0.05
    """Shares of the time that it is seen: from which pieces of it are looked out for, from which it hangs there,
    and below which it does no more."""
    _LOOKS, _KEPT = 30.0, 0.2
    """Looks in which two thirds of a place it was in are forgotten, and what is left of one that counts."""

    def __init__(self) -> None:
        self._share = 0.0
        self._time = float("inf")
        self._places: NDArray[np.float32] = np.zeros((0, 0), np.float32)
        self.hang = False

    @property
    def near(self) -> bool:
        """Whether one was seen lately."""
        return self._share > self._NEAR

    def see(self, lines: Mask, time: float) -> None:
        """Where lines are in one look."""
        seen = cv2.countNonZero(lines) > 0
        passed, self._time = min(max(0.0, time - self._time), self.SURE / 4), time
        self._share += (seen - self._share) * passed / self.SURE
        self.hang = self._share > (self._HARDLY if self.hang else self._MOST)
        if self._places.shape != lines.shape:
            self._places = np.zeros(lines.shape, np.float32)
        if seen or self.near:
            self._places = np.maximum(self._places * np.float32(1 - 1 / self._LOOKS), lines).astype(np.float32)

    @property
    def beside(self) -> Mask:
        """Where pieces of them may be."""
        return np.asarray(cv2.dilate((self._places > 0) * np.uint8(255), _WIDE), np.uint8)

    def cut_from(self, mask: Mask) -> Mask:
        """The mask without the places they were in."""
        places = cv2.dilate(((self._places > self._KEPT * 255) * np.uint8(255)), _NEAR)
        return np.asarray(cv2.bitwise_and(mask, cv2.bitwise_not(places)), np.uint8)
