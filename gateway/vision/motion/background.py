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
_KERNEL_3X3 = np.ones((3, 3), np.uint8)


class BackgroundModel:
    """Learns from every look. `contrast` is the least difference, in steps of brightness, that counts.

    `max_loiter` is how many seconds something that stays may count as foreign, at least.
    """

    INITIAL_LEARNING, RELEARNING = 0.4, 1.0
    """Seconds it looks on before it speaks: at first, and after a change of light."""
    LIGHT_CHANGE_SHARE = 0.5
    """Share of the picture that no walker and no car covers between two looks."""
    _UPDATE_SECONDS, _FOREGROUND_UPDATE_SECONDS, _NOISE_SECONDS = 8.0, 25.0, 20.0
    """Seconds in which it takes up two thirds of a change: where it is calm, where it moves, and of its noise."""
    _MAX_UPDATE = 0.5
    """The most that one look counts, however long after the last: keyframes may be ten seconds apart."""
    _NOISE_CAP, _FOREGROUND_NOISE_DIVISOR = 60.0, 5.0
    _SIGMAS = 3.0
    _MIN_SHAKE_PIXELS = 8
    """Pixels that must differ before anybody asks whether the camera shook."""
    _BRIGHTNESS_FACTOR = 1.5
    """Times the contrast that counts: what is brighter than that is seen by its brightness."""
    _SHAKE_SECONDS = 30.0
    """Seconds for which a camera that shook is thought to shake."""

    def __init__(self, contrast: float, max_loiter: float = 0.0) -> None:
        self._contrast = contrast
        self._foreground_seconds = max(self._FOREGROUND_UPDATE_SECONDS, 2 * max_loiter)
        self._mean: _Floats = np.zeros((0, 0), np.float32)
        self._noise: _Floats = np.zeros((0, 0), np.float32)
        self._excess: Luma = np.zeros((0, 0), np.uint8)
        self._learning_left = self.INITIAL_LEARNING
        self._last_share = self._shake_left = 0.0
        self.normalised: Luma = np.zeros((0, 0), np.uint8)
        self.reference: Luma = np.zeros((0, 0), np.uint8)
        """The last look in the background's light, and the background it was held against."""
        self.stabilised: Luma = np.zeros((0, 0), np.uint8)
        """The last look, moved back onto the background where the camera shook."""

    def matches_size(self, luma: Luma) -> bool:
        return self._mean.size > 0 and self._mean.shape == luma.shape

    @property
    def is_shaking(self) -> bool:
        return self._shake_left > 0

    def similar_brightness(self) -> Mask:
        """Where the last look was about as bright as the background."""
        limit = round(self._BRIGHTNESS_FACTOR * self._contrast)
        return np.asarray((cv2.absdiff(self.normalised, self.reference) <= limit) * np.uint8(255), np.uint8)

    def update_rates(self, elapsed: float) -> tuple[float, float]:
        """The shares of a look that are taken up: where nothing differs, and where something does."""
        background_rate = min(elapsed / self._UPDATE_SECONDS, self._MAX_UPDATE)
        return background_rate, min(elapsed / self._foreground_seconds, self._MAX_UPDATE)

    def reset(self, luma: Luma) -> None:
        """Start over from this picture."""
        self._mean = luma.astype(np.float32)
        self._noise = np.full(luma.shape, 2.0, np.float32)
        self._learning_left, self._last_share = self.INITIAL_LEARNING, 0.0

    def foreground(self, luma: Luma, elapsed: float) -> Mask | None:
        """Where the picture differs, `elapsed` seconds after the look before; None while it is learning."""
        self.reference = np.asarray(cv2.convertScaleAbs(self._mean), np.uint8)
        self.normalised, self.stabilised = match_brightness(luma, self.reference), luma
        self._shake_left -= elapsed
        excess, mask = self._difference()
        if self._learning_left > 0 or self._shake_left > 0 or cv2.countNonZero(mask) >= self._MIN_SHAKE_PIXELS:
            shift = estimate_shake(self.normalised, self.reference)
            if shift is not None:
                self.normalised, self.stabilised = warp(self.normalised, shift), warp(luma, shift)
                self._shake_left = self._SHAKE_SECONDS
                excess, mask = self._difference()
        self._detect_light_change(cv2.countNonZero(mask) / mask.size)
        if self._learning_left > 0:
            self._learning_left -= elapsed
            cv2.accumulateWeighted(self.stabilised, self._mean, 0.5)
            return None
        self._excess = excess
        return mask

    def _difference(self) -> tuple[Luma, Mask]:
        """How far each pixel lies outside what its neighbours are, and where that counts."""
        brighter = cv2.subtract(self.normalised, cv2.dilate(self.reference, _KERNEL_3X3))
        darker = cv2.subtract(cv2.erode(self.reference, _KERNEL_3X3), self.normalised)
        excess = np.asarray(cv2.max(brighter, darker), np.uint8)
        return excess, np.asarray(cv2.compare(excess, self._threshold(), cv2.CMP_GT), np.uint8)

    def learn(self, luma: Luma, mask: Mask, changed: Mask, elapsed: float) -> None:
        """Take up this look: what differs slower than what does not, and a thing's passing hardly as noise."""
        background_rate, foreground_rate = self.update_rates(elapsed)
        cv2.accumulateWeighted(luma, self._mean, background_rate, cv2.bitwise_not(mask))
        cv2.accumulateWeighted(luma, self._mean, foreground_rate, mask)
        capped = np.minimum(self._excess, np.uint8(self._NOISE_CAP))
        noise_rate = min(elapsed / self._NOISE_SECONDS, self._MAX_UPDATE)
        cv2.accumulateWeighted(capped, self._noise, noise_rate, cv2.bitwise_not(changed))
        cv2.accumulateWeighted(capped, self._noise, noise_rate / self._FOREGROUND_NOISE_DIVISOR, changed)

    def _threshold(self) -> Luma:
        noise = cv2.convertScaleAbs(self._noise, alpha=self._SIGMAS)
        return np.asarray(cv2.max(noise, np.full_like(noise, round(self._contrast))), np.uint8)

    def _detect_light_change(self, share: float) -> None:
        if share > self.LIGHT_CHANGE_SHARE and self._last_share < self.LIGHT_CHANGE_SHARE / 4:
            self._learning_left = self.RELEARNING
        self._last_share = share
