"""Background subtraction: an adaptive background with noise per pixel, and the mask of what differs. Sans-I/O.

Brightness is normalised first, by a gain and an offset fitted to the background, so that a cloud triggers nothing.
If half of the picture changes between two frames (a lamp, the infrared filter), that is a change of light too, and
the background is learned anew within a second. A frame of a shaking camera is moved back first. A pixel differs if
it lies outside of the range of its neighbours in the background, so that a mast in the wind, a swaying twig and the
sharper picture of a keyframe do not.
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
    """Adapts with every analysed frame. `contrast` is the smallest difference that counts, in grey levels.

    `max_loiter`: seconds for which something that stands still must remain foreground, at least.
    """

    INITIAL_LEARNING, RELEARNING = 0.4, 1.0
    """Seconds of learning before the first mask: at the start, and after a change of light."""
    LIGHT_CHANGE_SHARE = 0.5
    """Share of the picture that no person or car covers between two frames; beyond it the light has changed."""
    _UPDATE_SECONDS, _FOREGROUND_UPDATE_SECONDS, _NOISE_SECONDS = 8.0, 25.0, 20.0
    """Time constants in seconds: of the background where nothing differs, where something does, and of the noise."""
    _MAX_UPDATE = 0.5
    """Largest weight of one frame, however long after the previous one: keyframes may be ten seconds apart."""
    _NOISE_CAP, _FOREGROUND_NOISE_DIVISOR = 60.0, 5.0
    """Grey levels of noise at most, and how many times slower foreground pixels count as noise."""
    _SIGMAS = 3.0
    """Noise levels by which a pixel must differ."""
    _MIN_SHAKE_PIXELS = 8
    """Differing pixels from which shaking of the camera is tested for."""
    _BRIGHTNESS_FACTOR = 1.5
    """Multiple of `contrast` beyond which a difference is visible in luma, so that chroma need not be compared."""
    _SHAKE_SECONDS = 30.0
    """Seconds for which a camera counts as shaking after a shaken frame."""

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
        """`normalised` is the last frame in the background's light, `reference` the background it was compared with."""
        self.stabilised: Luma = np.zeros((0, 0), np.uint8)
        """The last frame, moved back onto the background if the camera shook."""

    def matches_size(self, luma: Luma) -> bool:
        """Whether a background of this size has been learned."""
        return self._mean.size > 0 and self._mean.shape == luma.shape

    @property
    def is_shaking(self) -> bool:
        """Whether the camera shook within the last _SHAKE_SECONDS."""
        return self._shake_left > 0

    def similar_brightness(self) -> Mask:
        """Mask of where the last frame was about as bright as the background."""
        limit = round(self._BRIGHTNESS_FACTOR * self._contrast)
        return np.asarray((cv2.absdiff(self.normalised, self.reference) <= limit) * np.uint8(255), np.uint8)

    def update_rates(self, elapsed: float) -> tuple[float, float]:
        """Weights for background and for foreground pixels of a frame `elapsed` seconds after the previous one."""
        background_rate = min(elapsed / self._UPDATE_SECONDS, self._MAX_UPDATE)
        return background_rate, min(elapsed / self._foreground_seconds, self._MAX_UPDATE)

    def reset(self, luma: Luma) -> None:
        """Start over with this frame as background."""
        self._mean = luma.astype(np.float32)
        self._noise = np.full(luma.shape, 2.0, np.float32)
        self._learning_left, self._last_share = self.INITIAL_LEARNING, 0.0

    def foreground(self, luma: Luma, elapsed: float) -> Mask | None:
        """Mask of what differs, `elapsed` seconds after the previous frame; None while the background is learned."""
        self.reference = np.asarray(cv2.convertScaleAbs(self._mean), np.uint8)
        self.normalised, self.stabilised = match_brightness(luma, self.reference), luma
        self._shake_left -= elapsed
        excess, mask = self._difference()
        if self._learning_left > 0 or self._shake_left > 0 or cv2.countNonZero(mask) >= self._MIN_SHAKE_PIXELS:
            # A shaking camera makes every edge differ, so the difference is taken again after moving the frame back.
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
        """How far each pixel lies outside of its neighbours' range, and where that exceeds the noise."""
        brighter = cv2.subtract(self.normalised, cv2.dilate(self.reference, _KERNEL_3X3))
        darker = cv2.subtract(cv2.erode(self.reference, _KERNEL_3X3), self.normalised)
        excess = np.asarray(cv2.max(brighter, darker), np.uint8)
        return excess, np.asarray(cv2.compare(excess, self._threshold(), cv2.CMP_GT), np.uint8)

    def learn(self, luma: Luma, mask: Mask, changed: Mask, elapsed: float) -> None:
        """Adapt to the last frame: slower where it differs, and with little weight on the noise where objects moved."""
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
        # Only a sudden rise counts: while a large vehicle slowly fills the picture, the share before was high already.
        if share > self.LIGHT_CHANGE_SHARE and self._last_share < self.LIGHT_CHANGE_SHARE / 4:
            self._learning_left = self.RELEARNING
        self._last_share = share
