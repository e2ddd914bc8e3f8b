"""What a camera sees when nothing moves, and where a picture differs from it. Sans-I/O.

The light is taken out first: brightness is fitted to the background by gain and offset, so that
a cloud does not ring. When half the picture changes between two looks (a lamp, the infrared
filter) that is light as well, and is learnt anew within a second. A picture that shook is moved back. A pixel
differs when it lies outside what its neighbours are in the background, so that a mast in the wind, a swaying twig and
the sharper picture of a keyframe do not.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, Mask, match_brightness
from gateway.vision.motion.stabilisation import estimate_shake, warp

_Floats = NDArray[np.float32]
_NEAR = np.ones((3, 3), np.uint8)


class BackgroundModel:
    """Learns from every look. `contrast` is the least difference, in steps of brightness, that counts.

    `patience` is how many seconds something that stays may count as foreign, at least.
    """

    BEGINNING, LEARNING = 0.4, 1.0
    """Seconds it looks on before it speaks: at first, and after a change of light."""
    SUDDEN = 0.5
    """Share of the picture that no walker and no car covers between two looks."""
    _FOLLOWS, _FOLLOWS_MOVING, _NOISE = 8.0, 25.0, 20.0
    """Seconds in which it takes up two thirds of a change: where it is calm, where it moves, and of its noise."""
    _AT_ONCE = 0.5
    """The most that one look counts, however long after the last: keyframes may be ten seconds apart."""
    _NOISE_CAP, _THINGS_SLOWER = 60.0, 5.0
    _SIGMAS = 3.0
    _SHAKES = 8
    """Pixels that must differ before anybody asks whether the camera shook."""
    _BRIGHTER = 1.5
    """Times the contrast that counts: what is brighter than that is seen by its brightness."""
    _SHAKEN = 30.0
    """Seconds for which a camera that shook is thought to shake."""

    def __init__(self, contrast: float, patience: float = 0.0) -> None:
        self._contrast = contrast
        self._follows_moving = max(self._FOLLOWS_MOVING, 2 * patience)
        self._known: _Floats = np.zeros((0, 0), np.float32)
        self._noise: _Floats = np.zeros((0, 0), np.float32)
        self._beyond: Luma = np.zeros((0, 0), np.uint8)
        self._still_learning = self.BEGINNING
        self._share = self._shaking = 0.0
        self.lit: Luma = np.zeros((0, 0), np.uint8)
        self.picture: Luma = np.zeros((0, 0), np.uint8)
        """The last look in the background's light, and the background it was held against."""
        self.steady: Luma = np.zeros((0, 0), np.uint8)
        """The last look, moved back onto the background where the camera shook."""

    def fits(self, luma: Luma) -> bool:
        return self._known.size > 0 and self._known.shape == luma.shape

    @property
    def shaking(self) -> bool:
        return self._shaking > 0

    def alike(self) -> Mask:
        """Where the last look was about as bright as the background."""
        most = round(self._BRIGHTER * self._contrast)
        return np.asarray((cv2.absdiff(self.lit, self.picture) <= most) * np.uint8(255), np.uint8)

    def paces(self, passed: float) -> tuple[float, float]:
        """The shares of a look that are taken up: where nothing differs, and where something does."""
        return min(passed / self._FOLLOWS, self._AT_ONCE), min(passed / self._follows_moving, self._AT_ONCE)

    def begin(self, luma: Luma) -> None:
        """Start over from this picture."""
        self._known = luma.astype(np.float32)
        self._noise = np.full(luma.shape, 2.0, np.float32)
        self._still_learning, self._share = self.BEGINNING, 0.0

    def differs(self, luma: Luma, passed: float) -> Mask | None:
        """Where the picture differs, `passed` seconds after the look before; None while it is learning."""
        self.picture = np.asarray(cv2.convertScaleAbs(self._known), np.uint8)
        self.lit, self.steady = match_brightness(luma, self.picture), luma
        self._shaking -= passed
        beyond, mask = self._beyond_it()
        if self._still_learning > 0 or self._shaking > 0 or cv2.countNonZero(mask) >= self._SHAKES:
            by = estimate_shake(self.lit, self.picture)
            if by is not None:
                self.lit, self.steady = warp(self.lit, by), warp(luma, by)
                self._shaking = self._SHAKEN
                beyond, mask = self._beyond_it()
        self._notice_light(cv2.countNonZero(mask) / mask.size)
        if self._still_learning > 0:
            self._still_learning -= passed
            cv2.accumulateWeighted(self.steady, self._known, 0.5)
            return None
        self._beyond = beyond
        return mask

    def _beyond_it(self) -> tuple[Luma, Mask]:
        """How far each pixel lies outside what its neighbours are, and where that counts."""
        above = cv2.subtract(self.lit, cv2.dilate(self.picture, _NEAR))
        below = cv2.subtract(cv2.erode(self.picture, _NEAR), self.lit)
        beyond = np.asarray(cv2.max(above, below), np.uint8)
        return beyond, np.asarray(cv2.compare(beyond, self._limit(), cv2.CMP_GT), np.uint8)

    def learn(self, luma: Luma, mask: Mask, foreign: Mask, passed: float) -> None:
        """Take up this look: what differs slower than what does not, and a thing's passing hardly as noise."""
        calm, moving = self.paces(passed)
        cv2.accumulateWeighted(luma, self._known, calm, cv2.bitwise_not(mask))
        cv2.accumulateWeighted(luma, self._known, moving, mask)
        capped = np.minimum(self._beyond, np.uint8(self._NOISE_CAP))
        noise = min(passed / self._NOISE, self._AT_ONCE)
        cv2.accumulateWeighted(capped, self._noise, noise, cv2.bitwise_not(foreign))
        cv2.accumulateWeighted(capped, self._noise, noise / self._THINGS_SLOWER, foreign)

    def _limit(self) -> Luma:
        noisy = cv2.convertScaleAbs(self._noise, alpha=self._SIGMAS)
        return np.asarray(cv2.max(noisy, np.full_like(noisy, round(self._contrast))), np.uint8)

    def _notice_light(self, share: float) -> None:
        if share > self.SUDDEN and self._share < self.SUDDEN / 4:
            self._still_learning = self.LEARNING
        self._share = share
