"""The first motion gate: packet sizes, without decoding anything. Sans-I/O.

An encoder spends its bytes on what changes. The gate learns what an inter frame costs while nothing moves, by its
position after the keyframe and with its noise, and reports what lies clearly above. It takes half a second of frames
together: their mean, which evens out the pattern of B frames and temporal layers, and the cheap ones among them,
which noise and a varying quantiser leave alone.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import deque
from enum import Enum

from gateway.vision.motion.cyclic_baseline import CyclicBaseline


class LearningRate(Enum):
    """How safely the current sizes may be taken for those of a still scene."""

    NONE = 0
    """Something moves: do not learn."""
    SLOW = 1
    """Nothing was decoded, so something may move."""
    FAST = 2
    """The pixel gate analysed the pictures, and nothing moves."""


class SizeGate:
    """After each `add_packet`, `deviation` is how far the last half second lies above the baseline, in spreads."""

    WINDOW = 0.5
    """Seconds taken together, at most."""
    _WINDOW_FRAMES = (12, 8, 6, 4, 3, 2)
    """Frames taken together; multiples of the B-frame and layer patterns that encoders use."""
    _STRIDE = 3
    _BASE_BYTES = 24.0
    """Bytes of a frame that carry no information: headers and skipped blocks."""
    _MIN_SPREAD = 0.02
    """Smallest relative spread assumed: no stream is steadier."""
    _POSITIONS = (*(0.12 * step for step in range(1, 13)), 2.0, 3.0, 4.5, 7.0, 10.0)
    """Upper limits, in seconds after the keyframe, of the positions with a baseline of their own."""
    _SLOW_SECONDS, _FAST_SECONDS = 20.0, 2.0
    """Time constants, in seconds, of the baseline at the slow and the fast learning rate."""

    def __init__(self) -> None:
        self._window = self._WINDOW_FRAMES[0]
        self._recent: deque[int] = deque(maxlen=self._window)
        self._clock_time = float("-inf")
        self._frames_since_clock = 0
        self._keyframe_time = 0.0
        self._frame_interval = 0.04
        self._frames_to_evaluation = self._STRIDE
        self._mean_baseline = CyclicBaseline(len(self._POSITIONS) + 1, self._MIN_SPREAD)
        self._cheap_baseline = CyclicBaseline(len(self._POSITIONS) + 1, self._MIN_SPREAD)
        self.learned_seconds = 0.0
        """Seconds of calm learned from so far."""
        self.deviation = 0.0

    @property
    def noise_bytes(self) -> float:
        """Bytes per frame by which sizes vary while nothing moves: motion that costs less is not detectable."""
        return min(
            math.exp(baseline.level) * math.expm1(baseline.spread)
            for baseline in (self._mean_baseline, self._cheap_baseline)
        )

    def add_packet(self, time: float, *, key: bool, size: int, rate: LearningRate) -> bool:
        """Feed one packet; returns whether `deviation` was computed anew."""
        # A keyframe's size says how complex the scene is, not whether something moves: only inter frames are compared.
        if key:
            self._keyframe_time, self._frames_to_evaluation = time, self._STRIDE
            return False
        self._recent.append(size)
        self._frames_since_clock += 1
        self._frames_to_evaluation -= 1
        if self._frames_to_evaluation > 0:
            return False
        self._measure_interval(time)
        if len(self._recent) < self._window:
            return False
        self._frames_to_evaluation = min(self._STRIDE, self._window)
        self._fit_window()
        self._evaluate(time, rate)
        return True

    def _measure_interval(self, time: float) -> None:
        """Update the mean distance of frames; averaged over several, because B frames arrive out of order."""
        elapsed = time - self._clock_time
        if -1 < elapsed <= 0:
            return
        if 0 < elapsed < self._frames_since_clock:
            self._frame_interval += (elapsed / self._frames_since_clock - self._frame_interval) * min(
                0.05 * self._frames_since_clock, 0.5
            )
        self._clock_time, self._frames_since_clock = time, 0

    def _fit_window(self) -> None:
        """Choose the window so that its frames span about half a second."""
        max_seconds = self.WINDOW * 1.1
        self._window = next(
            (window for window in self._WINDOW_FRAMES if window * self._frame_interval <= max_seconds),
            self._WINDOW_FRAMES[-1],
        )
        if self._window != self._recent.maxlen:
            self._recent = deque(self._recent, maxlen=self._window)

    def _evaluate(self, time: float, rate: LearningRate) -> None:
        sizes = sorted(self._recent)
        position = bisect(self._POSITIONS, time - self._keyframe_time - 1e-3)
        mean = math.log(sum(sizes) / len(sizes) + self._BASE_BYTES)
        # The lower sixth: B frames and skipped frames, which rise only if something moves throughout the window.
        cheap = math.log(sizes[len(sizes) // 6] + self._BASE_BYTES)
        self.deviation = max(
            self._mean_baseline.deviation(mean, position), self._cheap_baseline.deviation(cheap, position)
        )
        if rate is LearningRate.NONE:
            return
        elapsed = min(self._STRIDE, self._window) * self._frame_interval
        self.learned_seconds += elapsed
        weight = elapsed / min(
            self._SLOW_SECONDS if rate is LearningRate.SLOW else self._FAST_SECONDS, max(self.learned_seconds, elapsed)
        )
        self._mean_baseline.learn(mean, position, weight)
        self._cheap_baseline.learn(cheap, position, weight)
