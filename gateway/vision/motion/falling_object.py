"""Something thrown from a height: a small thing whose way down grows ever faster. Sans-I/O.

For a camera that looks up a wall. Every frame is needed: at 25 a second a thing that falls past
fifteen floors is in some forty of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.blobs import RelativeBox, polygon_mask
from gateway.vision.motion.intrusion import Observation
from gateway.vision.motion.luma import Luma, Mask, downscale
from gateway.vision.motion.scene_layout import Polygon

TimedPoint = tuple[float, float, float]
"""Time, x and y (shares of the picture)."""


@dataclass(slots=True)
class _Trajectory:
    """A way down so far."""

    spots: list[TimedPoint]
    told: bool = False


class FallingObjectDetector:
    """Feed it every frame."""

    DROP, LOOKS, SECONDS = 0.18, 6, 0.2
    """What a fall needs at least: a share of the picture's height, frames, time."""
    _WIDTH = 240
    _CONTRAST = 12
    _SMALLEST, _LARGEST = 2, 0.01
    """Pixels, and the share of the picture."""
    _SPOTS = 40
    """More moving spots than that are rain; more that are not streaks, snow or a swarm: nothing is looked for."""
    _STREAK, _DROP_OF_RAIN = 2.0, 4
    """How much higher than wide a streak of rain is, and the pixels of a drop."""
    _SLOWEST, _FASTEST = 0.08, 4.0
    """Heights of the picture a second."""
    _SLANT, _STRAY = 0.5, 0.012
    """How far aside it may go for each step down, and how far off the parabola it may be."""
    _GAP = 0.13
    """Seconds for which it may be hidden."""
    _SURE = 4
    """Spots from which a fall claims what fits it."""
    _SAME, _BESIDE = 2.0, 0.1
    """Seconds and shares of the picture within which a second fall is the first one's."""
    _MOST = 60

    def __init__(self, masks: tuple[Polygon, ...] = ()) -> None:
        self._masks = masks
        self._frames: deque[tuple[float, Luma]] = deque(maxlen=3)
        self._open: Mask | None = None
        self._falls: list[_Trajectory] = []
        self._last: TimedPoint = (float("-inf"), 0.0, 0.0)

    def see(self, luma: Luma, time: float) -> Iterator[Observation]:
        """One picture's brightness, of any size. A fall is told once it is one."""
        now = downscale(luma, self._WIDTH)
        if self._frames and (self._frames[-1][1].shape != now.shape or not 0 < time - self._frames[-1][0] < 0.5):
            self._frames.clear()
            self._falls = []
        self._frames.append((time, now))
        if len(self._frames) < 3:
            return
        spots = self._spots()
        self._follow(spots if len(spots) <= self._SPOTS else [])
        yield from self._judge()

    def _spots(self) -> list[TimedPoint]:
        """Small things that are at one place in the middle frame and not in those beside it."""
        (_, first), (time, middle), (_, last) = self._frames
        both = cv2.min(cv2.absdiff(middle, first), cv2.absdiff(middle, last))
        if self._masks:
            if self._open is None or self._open.shape != both.shape:
                self._open = np.asarray(cv2.bitwise_not(polygon_mask(self._masks, both.shape)), np.uint8)
            both = cv2.bitwise_and(both, self._open)
        _, mask = cv2.threshold(both, self._CONTRAST, 255, cv2.THRESH_BINARY)
        _, _, stats, centres = cv2.connectedComponentsWithStats(mask)
        rows, columns = middle.shape
        wide, high, sizes = np.asarray(stats, np.int32)[1:, 2:].T
        fits = (sizes >= self._SMALLEST) & (sizes <= self._LARGEST * rows * columns)
        if fits.sum() > self._SPOTS:
            fits &= (high < self._STREAK * wide) & (sizes > self._DROP_OF_RAIN)
        places = np.asarray(centres, np.float64)[1:][fits] / (columns, rows)
        return [(time, float(x), float(y)) for x, y in places]

    def _follow(self, spots: list[TimedPoint]) -> None:
        """Each spot goes on with the fall it fits best, and may begin one of its own."""
        now = self._frames[1][0]
        self._falls = [fall for fall in self._falls if now - fall.spots[-1][0] <= self._GAP]
        begun = []
        for spot in spots:
            fits = ((_stray(fall.spots, spot), fall) for fall in self._falls if self._may_follow(fall.spots[-1], spot))
            near = [(stray, fall) for stray, fall in fits if stray is not None]
            longest = max((len(fall.spots) for _, fall in near), default=0)
            if near:
                min(near, key=lambda pair: (len(pair[1].spots) < longest, pair[0]))[1].spots.append(spot)
            if longest < self._SURE:
                begun.append(_Trajectory([spot]))
        self._falls = sorted(self._falls, key=lambda fall: len(fall.spots))[-self._MOST :] + begun

    def _may_follow(self, last: TimedPoint, spot: TimedPoint) -> bool:
        """Whether a thing can have come from the one to the other: down, not too fast, not far aside."""
        passed, down = spot[0] - last[0], spot[2] - last[2]
        if passed <= 0 or not self._SLOWEST * passed <= down <= self._FASTEST * passed:
            return False
        return abs(spot[1] - last[1]) <= self._SLANT * down + self._STRAY

    def _judge(self) -> Iterator[Observation]:
        for fall in self._falls:
            if not fall.told and len(fall.spots) >= self.LOOKS and self._is_fall(np.array(fall.spots)):
                fall.told = True
                if self._is_known(fall.spots[-1]):
                    continue
                seconds = fall.spots[-1][0] - fall.spots[0][0]
                yield Observation(
                    fall.spots[0][0], _around(fall.spots), {"event": "thrown", "seconds": round(seconds, 2)}
                )

    def _is_known(self, spot: TimedPoint) -> bool:
        """Whether this is more of what was told just now: a thing may break, or be lost and found again."""
        time, x, _ = self._last
        self._last = spot
        return 0 <= spot[0] - time < self._SAME and abs(spot[1] - x) < self._BESIDE

    def _is_fall(self, way: NDArray[np.float64]) -> bool:
        time = way[:, 0] - way[0, 0]
        if way[-1, 2] - way[0, 2] < self.DROP or time[-1] < self.SECONDS:
            return False
        gravity, _, _ = parabola = np.polyfit(time, way[:, 2], 2)
        stray = float(np.abs(np.polyval(parabola, time) - way[:, 2]).max())
        aside = float(np.abs(np.polyval(np.polyfit(time, way[:, 1], 1), time) - way[:, 1]).max())
        return bool(gravity > 0 and stray <= self._STRAY and aside <= self._STRAY)


def _stray(spots: list[TimedPoint], spot: TimedPoint) -> float | None:
    """How far the spot is from where the fall should be; None when it can't be the same thing."""
    if len(spots) < 2:
        return spot[2] - spots[-1][2]
    (before, x0, y0), (time, x1, y1) = spots[-2:]
    passed, ago = spot[0] - time, time - before
    step = (y1 - y0) / ago * passed
    gained = 0.0
    if len(spots) > 2:
        first = spots[-3]
        gained = ((y1 - y0) / ago - (y0 - first[2]) / (before - first[0])) * passed
    down = abs(spot[2] - y1 - step - gained)
    aside = abs(spot[1] - x1 - (x1 - x0) / ago * passed)
    loose = 0.5 if len(spots) == 2 else 0.25
    return down + aside if down <= 0.012 + loose * step and aside <= 0.012 + loose * step else None


def _around(spots: list[TimedPoint]) -> RelativeBox:
    _, across, down = (list(values) for values in zip(*spots, strict=True))
    margin = 0.02
    x, y = max(0.0, min(across) - margin), max(0.0, min(down) - margin)
    return (x, y, min(1.0, max(across) + margin) - x, min(1.0, max(down) + margin) - y)
