"""Freeze detection: a camera that repeats one picture, although its encoder makes the copies differ. Sans-I/O.

A sensor's noise is new in every picture, so two frames never get closer to each other than that noise. Copies of one
picture differ only by the encoder's rounding: by nothing where two were coded with equal quality, by a good part of
the noise where rate control chose another quality. Both show in the closest pair among the latest frames.

Measured at frames of 160 × 90 (x264 with constant and variable bit rate, x265; noise of 0.3 to 10 grey levels): the
closest pair of a live camera is 0.85 to 1 of the usual one, that of a frozen camera 0 to 0.7, and within a frozen
camera's frames pairs differ from 1 : 1.2 to 1 : ∞.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from gateway.vision.motion.luma import Luma

_MAX_PIXEL_DIFFERENCE = 8
"""Grey levels that one pixel counts at most."""


class FreezeDetector:
    """Feed it frames some seconds apart; `is_suspected` after each says whether it may be a copy."""

    COMPARED = 6
    """Earlier frames that a new one is compared with."""
    MIN_HISTORY, HISTORY = 5, 16
    """Frames needed to know the usual distance of the closest pair, and frames that it is computed from."""
    MIN_NOISE = 0.1
    """Grey levels of noise below which copies can't be told from a live picture without noise."""
    _SUSPECT_RATIO, _CLEAR_RATIO = 0.75, 0.85
    """Shares of the usual distance below which a frame may be a copy, and above which it no longer is one."""
    _MAX_PAIR_RATIO = 0.85
    """Ratio of the closest pair to the usual pair of copies, at most: noise keeps all pairs equally far apart."""
    _EQUAL_DISTANCE = 0.05
    """Grey levels below which two frames are equal."""
    _MIN_LOCAL_CHANGE = 24.0
    """Grey levels by which a pixel differs where something moves or a clock runs; an encoder's rounding makes
    13 at most."""
    _USUAL_QUANTILE, _MIN_NOISE_RATIO = 0.4, 0.6
    """Quantile of the distances that counts as the usual one, because motion raises some of them; and the
    share of it that none of them falls below if it is noise (the encoder's rounding of a drawn scene does)."""

    def __init__(self) -> None:
        self._frames: deque[Luma] = deque(maxlen=self.COMPARED)
        self._distances: deque[float] = deque(maxlen=self.HISTORY)
        self._copy_count = 0
        self.is_suspected = False

    @property
    def is_certain(self) -> bool:
        """Whether the copies so far differ among themselves as only an encoder makes them differ."""
        copies = list(self._frames)[-self._copy_count :] if self._copy_count else []
        distances = [_distance(one, other) for number, one in enumerate(copies) for other in copies[:number]]
        usual = float(np.median(distances)) if distances else 0.0
        return len(distances) > 1 and (usual < self._EQUAL_DISTANCE or min(distances) < self._MAX_PAIR_RATIO * usual)

    def update(self, luma: Luma) -> None:
        """Feed one luma plane; all must have one size."""
        residual = _high_pass(luma)
        if self._frames:
            self._evaluate(residual)
        self._frames.append(residual)

    def _evaluate(self, residual: Luma) -> None:
        closest = min(_distance(residual, frame) for frame in self._frames)
        usual = self._usual_distance()
        is_close = closest < (self._CLEAR_RATIO if self.is_suspected else self._SUSPECT_RATIO) * usual
        is_static = cv2.norm(residual, self._frames[-1], cv2.NORM_INF) < self._MIN_LOCAL_CHANGE
        self.is_suspected = is_close and is_static
        self._copy_count = min(self._copy_count + 1, self.COMPARED) if self.is_suspected else 0
        # Copies would lower the usual distance and hide the freeze, unless they turn out to be noise after all.
        if not self.is_suspected or (self._copy_count == self.COMPARED and not self.is_certain):
            self._distances.append(closest)

    def _usual_distance(self) -> float:
        """Distance at which noise alone keeps a frame from the closest other one; 0 while that is unknown."""
        if len(self._distances) < self.MIN_HISTORY:
            return 0.0
        usual = float(np.quantile(self._distances, self._USUAL_QUANTILE))
        return usual if usual >= self.MIN_NOISE and min(self._distances) > self._MIN_NOISE_RATIO * usual else 0.0


def _high_pass(luma: Luma) -> Luma:
    """Remove what is larger than noise: drifting light doesn't mean that the camera is live."""
    return np.asarray(cv2.addWeighted(luma, 1.0, cv2.blur(luma, (5, 5)), -1.0, 128.0), np.uint8)


def _distance(one: Luma, other: Luma) -> float:
    """Mean distance in grey levels; moving objects add little more than noise does."""
    return float(cv2.mean(cv2.min(cv2.absdiff(one, other), np.full_like(one, _MAX_PIXEL_DIFFERENCE)))[0])
