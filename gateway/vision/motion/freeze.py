"""Whether a camera sends one picture for ever, though its encoder still makes the copies differ. Sans-I/O.

A sensor's noise is new in every picture, so two looks never come closer to each other than that noise. Copies of one
picture differ by the encoder's rounding alone: by nothing where two were coded with equal quality, by a good part of
the noise where rate control chose another. Both show in the closest pair among the latest looks.

Measured at looks of 160 × 90 (x264 with constant and variable bit rate, x265; noise of 0.3 to 10 grey levels): the
closest pair of a live camera is 0.85 to 1 of the usual one, that of a frozen camera 0 to 0.7, and within a frozen
camera's looks pairs differ from 1 : 1.2 to 1 : ∞.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from gateway.vision.motion.luma import Luma

_MOST = 8
"""Grey levels that one pixel counts at most."""


class FreezeDetector:
    """Feed it looks that are some seconds apart; `suspected` after each says whether it may be a copy."""

    KEPT = 6
    """Earlier looks that a new one is held against."""
    KNOWN, REMEMBERED = 5, 16
    """Looks from which the usual distance of the closest pair is known, and those that it is taken from."""
    NOISE = 0.1
    """Grey levels of it below which copies can't be told from a live picture without noise."""
    _CLOSE, _STAYS_CLOSE = 0.75, 0.85
    """Shares of the usual distance below which a look may be a copy, and from which it is none after all."""
    _UNEVEN = 0.85
    """Share of the usual pair below which the closest pair of copies lies: noise keeps all pairs equally apart."""
    _SAME = 0.05
    """Grey levels below which pairs are equal."""
    _LOCAL = 24.0
    """Grey levels by which one pixel differs where something moves or a clock runs; an encoder's rounding: 13."""
    _CALM, _LEAST = 0.4, 0.6
    """Quantile of the distances that is the usual one: what moves raises some of them. The share of it that none of
    them falls below where it is noise: an encoder's rounding of a drawn scene does."""

    def __init__(self) -> None:
        self._looks: deque[Luma] = deque(maxlen=self.KEPT)
        self._distances: deque[float] = deque(maxlen=self.REMEMBERED)
        self._copies = 0
        self.suspected = False

    @property
    def sure(self) -> bool:
        """Whether the copies so far differ among one another as only an encoder makes them differ."""
        copies = list(self._looks)[-self._copies :] if self._copies else []
        apart = [_apart(one, other) for number, one in enumerate(copies) for other in copies[:number]]
        usual = float(np.median(apart)) if apart else 0.0
        return len(apart) > 1 and (usual < self._SAME or min(apart) < self._UNEVEN * usual)

    def see(self, luma: Luma) -> None:
        """One look's brightness, all of one size."""
        fine = _fine(luma)
        if self._looks:
            self._judge(fine)
        self._looks.append(fine)

    def _judge(self, fine: Luma) -> None:
        closest = min(_apart(fine, look) for look in self._looks)
        usual = self._usual()
        close = closest < (self._STAYS_CLOSE if self.suspected else self._CLOSE) * usual
        same = cv2.norm(fine, self._looks[-1], cv2.NORM_INF) < self._LOCAL
        self.suspected = close and same
        self._copies = min(self._copies + 1, self.KEPT) if self.suspected else 0
        if not self.suspected or (self._copies == self.KEPT and not self.sure):
            self._distances.append(closest)

    def _usual(self) -> float:
        """How far noise alone keeps a look from the closest one; 0 while that is not known."""
        if len(self._distances) < self.KNOWN:
            return 0.0
        usual = float(np.quantile(self._distances, self._CALM))
        return usual if usual >= self.NOISE and min(self._distances) > self._LEAST * usual else 0.0


def _fine(luma: Luma) -> Luma:
    """Without what is larger than noise: drifting light is no sign of life."""
    return np.asarray(cv2.addWeighted(luma, 1.0, cv2.blur(luma, (5, 5)), -1.0, 128.0), np.uint8)


def _apart(one: Luma, other: Luma) -> float:
    """Mean distance in grey levels, of which what moves adds little more than what trembles."""
    return float(cv2.mean(cv2.min(cv2.absdiff(one, other), np.full_like(one, _MOST)))[0])
