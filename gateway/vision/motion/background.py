"""What a camera sees when nothing moves, and where a picture differs from it. Sans-I/O.

The light is taken out first: brightness is fitted to the background by gain and offset, so that
a cloud does not ring. When half the picture changes between two looks (a lamp, the infrared
filter) that is light as well, and is learnt anew within a second.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
"""Brightness, rows × columns."""
Mask = NDArray[np.bool_]
_Floats = NDArray[np.float32]


class Background:
    """Learns from every look. `contrast` is the least difference, in steps of brightness, that counts."""

    BEGINNING, LEARNING = 0.4, 1.0
    """Seconds it looks on before it speaks: at first, and after a change of light."""
    SUDDEN = 0.5
    """Share of the picture that no walker and no car covers between two looks."""
    _FOLLOWS, _FOLLOWS_MOVING, _NOISE = 8.0, 25.0, 30.0
    """Seconds in which it takes up two thirds of a change: where it is calm, where it moves, and of its noise."""
    _NOISE_CAP = 40.0

    def __init__(self, contrast: float) -> None:
        self._contrast = contrast
        self._known: _Floats | None = None
        self._noise: _Floats = np.zeros((0, 0), np.float32)
        self._still_learning = self.BEGINNING
        self._share = 0.0

    def fits(self, luma: Luma) -> bool:
        return self._known is not None and self._known.shape == luma.shape

    def begin(self, luma: Luma) -> None:
        """Start over from this picture."""
        self._known = luma.astype(np.float32)
        self._noise = np.full(luma.shape, 2.0, np.float32)
        self._still_learning, self._share = self.BEGINNING, 0.0

    def differs(self, luma: Luma, passed: float) -> Mask | None:
        """Where the picture differs, `passed` seconds after the look before; None while it is learning."""
        assert self._known is not None
        seen = luma.astype(np.float32)
        difference = np.abs(_lit_like(seen, self._known) - self._known)
        mask: Mask = difference > np.maximum(self._contrast, 3.0 * self._noise)
        self._notice_light(float(mask.mean()))
        if self._still_learning > 0:
            self._still_learning -= passed
            self._known += (seen - self._known) * np.float32(0.5)
            return None
        pace = np.where(mask, passed / self._FOLLOWS_MOVING, passed / self._FOLLOWS).astype(np.float32)
        self._known += (seen - self._known) * np.minimum(pace, 1.0)
        self._noise += (np.minimum(difference, self._NOISE_CAP) - self._noise) * np.float32(passed / self._NOISE)
        return mask

    def _notice_light(self, share: float) -> None:
        if share > self.SUDDEN and self._share < self.SUDDEN / 4:
            self._still_learning = self.LEARNING
        self._share = share


def _lit_like(seen: _Floats, known: _Floats) -> _Floats:
    """`seen` in the light of `known`: gain and offset fitted on every fourth pixel, without what moved."""
    here, there = seen[::4, ::4].ravel(), known[::4, ::4].ravel()
    gain, offset = 1.0, float(np.median(there - here))
    for _ in range(2):
        error = np.abs(gain * here + offset - there)
        calm = error <= np.quantile(error, 0.7)
        spread = float(here[calm].var())
        if spread < 1.0:
            break
        gain = float(((here[calm] - here[calm].mean()) * (there[calm] - there[calm].mean())).mean()) / spread
        gain = min(max(gain, 0.5), 2.0)
        offset = float((there[calm] - gain * here[calm]).mean())
    return seen * np.float32(gain) + np.float32(offset)
