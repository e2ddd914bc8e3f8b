"""Where a picture's colour differs from the background's, though its brightness hardly does. Sans-I/O."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, Mask, median

ChromaPlanes = tuple[Luma, Luma]
"""Blue and red difference (U and V, 128 is grey), rows × columns, of half the picture's size or any other."""

_Floats = NDArray[np.float32]


class ChromaModel:
    """The colours of a scene. Give it the planes of each look, and take what is learnt in pixels' own order."""

    LIMIT = 10.0
    """Steps of either plane that count. Noise and an encoder's rounding at crf 28 leave 4 at a look's size."""
    _EVERY = 8

    def __init__(self) -> None:
        self._known: list[_Floats] = []
        self._before: list[_Floats] = []

    def forget(self) -> None:
        """Another light: its colours are learnt anew."""
        self._known, self._before = [], []

    def differs(self, planes: ChromaPlanes, shape: tuple[int, ...]) -> tuple[Mask, Mask, list[_Floats]] | None:
        """Where they differ from the background and from the look before, and what to learn; None at first."""
        now = [_balanced(_small(plane, shape), self._EVERY) for plane in planes]
        before, self._before = self._before, now
        if not self._known or self._known[0].shape != shape or not before or before[0].shape != shape:
            self._known = [each.copy() for each in now]
            return None
        return _apart(now, self._known, self.LIMIT), _apart(now, before, 0.7 * self.LIMIT), now

    def learn(self, now: list[_Floats], mask: Mask, calm: float, moving: float) -> None:
        """Take up so much of them, where the mask is clear and where it is set."""
        clear = cv2.bitwise_not(mask)
        for known, each in zip(self._known, now, strict=True):
            cv2.accumulateWeighted(each, known, calm, clear)
            cv2.accumulateWeighted(each, known, moving, mask)


def _small(plane: Luma, shape: tuple[int, ...]) -> _Floats:
    size = shape[1], shape[0]
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)


def _balanced(plane: _Floats, every: int) -> _Floats:
    """Without the tint of the whole: a camera's white balance wanders."""
    return np.asarray(cv2.blur(plane, (3, 3)) - median(plane[::every, ::every]), np.float32)


def _apart(now: list[_Floats], other: list[_Floats], limit: float) -> Mask:
    blue, red = (cv2.absdiff(one, two) for one, two in zip(now, other, strict=True))
    return np.asarray((cv2.max(blue, red) > limit) * np.uint8(255), np.uint8)
