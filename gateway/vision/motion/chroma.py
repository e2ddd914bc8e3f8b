"""Background subtraction on the chroma planes: finds objects of another colour but the same brightness. Sans-I/O."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, Mask, median

ChromaPlanes = tuple[Luma, Luma]
"""Blue and red difference (U and V, 128 is grey), rows × columns, at half of the picture's size or any other."""

_Floats = NDArray[np.float32]


class ChromaModel:
    """Background of the chroma planes. The caller learns from it in the same order as the luma background."""

    MIN_DIFFERENCE = 10.0
    """Steps of either plane that count. Noise and the encoder's rounding at crf 28 leave 4 at the analysed size."""
    _MEDIAN_STEP = 8
    """Every so many pixels are used for the median of the tint."""

    def __init__(self) -> None:
        self._background: list[_Floats] = []
        self._previous: list[_Floats] = []

    def reset(self) -> None:
        """Forget the background, after a change of light."""
        self._background, self._previous = [], []

    def foreground(self, planes: ChromaPlanes, shape: tuple[int, ...]) -> tuple[Mask, Mask, list[_Floats]] | None:
        """Masks of the difference to background and to previous frame, and the planes to learn; None at first."""
        current = [_remove_tint(_resize(plane, shape), self._MEDIAN_STEP) for plane in planes]
        previous, self._previous = self._previous, current
        if not self._background or self._background[0].shape != shape or not previous or previous[0].shape != shape:
            self._background = [each.copy() for each in current]
            return None
        return (
            _difference_mask(current, self._background, self.MIN_DIFFERENCE),
            _difference_mask(current, previous, 0.7 * self.MIN_DIFFERENCE),
            current,
        )

    def learn(self, current: list[_Floats], mask: Mask, background_rate: float, foreground_rate: float) -> None:
        """Adapt to `current` with one weight where the mask is clear and another where it is set."""
        unchanged = cv2.bitwise_not(mask)
        for background, each in zip(self._background, current, strict=True):
            cv2.accumulateWeighted(each, background, background_rate, unchanged)
            cv2.accumulateWeighted(each, background, foreground_rate, mask)


def _resize(plane: Luma, shape: tuple[int, ...]) -> _Floats:
    size = shape[1], shape[0]
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _remove_tint(plane: _Floats, step: int) -> _Floats:
    """Subtract the tint of the whole picture, because a camera's automatic white balance drifts."""
    return np.asarray(cv2.blur(plane, (3, 3)) - median(plane[::step, ::step]), np.float32)


def _difference_mask(current: list[_Floats], reference: list[_Floats], threshold: float) -> Mask:
    blue, red = (cv2.absdiff(one, two) for one, two in zip(current, reference, strict=True))
    return np.asarray((cv2.max(blue, red) > threshold) * np.uint8(255), np.uint8)
