"""The cheapest of the motion gates: sizes of packets as they pass; nothing is decoded. Sans-I/O.

An encoder spends its bytes on what changes. What an inter frame costs while nothing moves is
learnt, by its place after the keyframe and with its noise, and what lies clearly above is told.
Half a second of frames is taken together: their mean, which evens out the pattern of B frames and
layers, and the cheap ones among them, which noise and a wavering quantiser leave alone.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import deque
from enum import Enum

from gateway.vision.motion.cyclic_baseline import CyclicBaseline


class LearningRate(Enum):
    """How far the present may be taken for nothing: as the pixels know it."""

    NO = 0
    """Something moves."""
    SLOWLY = 1
    """Nobody looked: it may move."""
    FAST = 2
    """The pixels were looked at, and nothing moves."""


class SizeGate:
    """`unusual` after each `take` says how far the last half second lies above what is usual, in deviations."""

    SPAN = 0.5
    """Seconds taken together, at most."""
    _SPANS = (12, 8, 6, 4, 3, 2)
    """Frames taken together; multiples of the patterns encoders have."""
    _STRIDE = 3
    _BASE = 24.0
    """Bytes a frame that say nothing: headers and skipped blocks."""
    _TRIFLE = 0.02
    """No stream is steadier than so, in parts of its size."""
    _PLACES = (*(0.12 * step for step in range(1, 13)), 2.0, 3.0, 4.5, 7.0, 10.0)
    """Places after the keyframe told apart: seconds where the next one begins."""
    _SLOW, _FAST = 20.0, 2.0
    """Seconds in which the level follows."""

    def __init__(self) -> None:
        self._span = self._SPANS[0]
        self._last: deque[int] = deque(maxlen=self._span)
        self._clocked = float("-inf")
        self._since_clock = 0
        self._key_time = 0.0
        self._interval = 0.04
        self._until = self._STRIDE
        self._mean = CyclicBaseline(len(self._PLACES) + 1, self._TRIFLE)
        self._cheap = CyclicBaseline(len(self._PLACES) + 1, self._TRIFLE)
        self.learnt = 0.0
        """Seconds of calm it has learnt from."""
        self.unusual = 0.0

    @property
    def grain(self) -> float:
        """Bytes a frame by which sizes stray while nothing moves: what costs less can't be told from that."""
        return min(math.exp(usual.level) * math.expm1(usual.spread) for usual in (self._mean, self._cheap))

    def take(self, time: float, *, key: bool, size: int, learn: LearningRate) -> bool:
        """One packet. Whether `unusual` was judged anew."""
        if key:
            self._key_time, self._until = time, self._STRIDE
            return False
        self._last.append(size)
        self._since_clock += 1
        self._until -= 1
        if self._until > 0:
            return False
        self._clock(time)
        if len(self._last) < self._span:
            return False
        self._until = min(self._STRIDE, self._span)
        self._fit_span()
        self._judge(time, learn)
        return True

    def _clock(self, time: float) -> None:
        """How far frames are apart, on average: with B frames they come out of order."""
        passed = time - self._clocked
        if -1 < passed <= 0:
            return
        if 0 < passed < self._since_clock:
            self._interval += (passed / self._since_clock - self._interval) * min(0.05 * self._since_clock, 0.5)
        self._clocked, self._since_clock = time, 0

    def _fit_span(self) -> None:
        """As many frames together as pass in about half a second."""
        least = self.SPAN * 1.1
        self._span = next((span for span in self._SPANS if span * self._interval <= least), self._SPANS[-1])
        if self._span != self._last.maxlen:
            self._last = deque(self._last, maxlen=self._span)

    def _judge(self, time: float, learn: LearningRate) -> None:
        sizes = sorted(self._last)
        place = bisect(self._PLACES, time - self._key_time - 1e-3)
        mean = math.log(sum(sizes) / len(sizes) + self._BASE)
        cheap = math.log(sizes[len(sizes) // 6] + self._BASE)
        self.unusual = max(self._mean.above(mean, place), self._cheap.above(cheap, place))
        if learn is LearningRate.NO:
            return
        passed = min(self._STRIDE, self._span) * self._interval
        self.learnt += passed
        pace = passed / min(self._SLOW if learn is LearningRate.SLOWLY else self._FAST, max(self.learnt, passed))
        self._mean.learn(mean, place, pace)
        self._cheap.learn(cheap, place, pace)
