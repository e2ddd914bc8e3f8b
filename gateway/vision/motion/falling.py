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

from gateway.vision.motion.layout import Polygon
from gateway.vision.motion.luma import Luma, Mask, small
from gateway.vision.motion.patches import Share, raster
from gateway.vision.motion.trespass import Notice

Spot = tuple[float, float, float]
"""Time, x and y (shares of the picture)."""


@dataclass(slots=True)
class _Fall:
    """A way down so far."""

    spots: list[Spot]
    told: bool = False


class Falling:
    """Feed it every frame."""

    DROP, LOOKS, SECONDS = 0.18, 6, 0.2
    """What a fall needs at least: a share of the picture's height, frames, time."""
    _WIDTH = 240
    _CONTRAST = 12
    _SMALLEST, _LARGEST = 2, 0.01
    """Pixels, and the share of the picture."""
    _SPOTS = 40
    """More moving spots than that are rain, snow or a swarm: nothing is looked for."""
    _SLOWEST, _FASTEST = 0.08, 4.0
    """Heights of the picture a second."""
    _SLANT, _STRAY = 0.5, 0.012
    """How far aside it may go for each step down, and how far off the parabola it may be."""
    _GAP = 0.13
    """Seconds for which it may be hidden."""
    _MOST = 100

    def __init__(self, masks: tuple[Polygon, ...] = ()) -> None:
        self._masks = masks
        self._frames: deque[tuple[float, Luma]] = deque(maxlen=3)
        self._open: Mask | None = None
        self._falls: list[_Fall] = []

    def see(self, luma: Luma, time: float) -> Iterator[Notice]:
        """One picture's brightness, of any size. A fall is told once it is one."""
        now = small(luma, self._WIDTH)
        if self._frames and (self._frames[-1][1].shape != now.shape or not 0 < time - self._frames[-1][0] < 0.5):
            self._frames.clear()
            self._falls = []
        self._frames.append((time, now))
        if len(self._frames) < 3:
            return
        spots = self._spots()
        self._follow(spots if len(spots) <= self._SPOTS else [])
        yield from self._judge()

    def _spots(self) -> list[Spot]:
        """Small things that are at one place in the middle frame and not in those beside it."""
        (_, first), (time, middle), (_, last) = self._frames
        both = cv2.min(cv2.absdiff(middle, first), cv2.absdiff(middle, last))
        if self._masks:
            if self._open is None or self._open.shape != both.shape:
                self._open = np.asarray(cv2.bitwise_not(raster(self._masks, both.shape)), np.uint8)
            both = cv2.bitwise_and(both, self._open)
        _, mask = cv2.threshold(both, self._CONTRAST, 255, cv2.THRESH_BINARY)
        _, _, stats, centres = cv2.connectedComponentsWithStats(mask)
        rows, columns = middle.shape
        sizes = np.asarray(stats, np.int32)[1:, cv2.CC_STAT_AREA]
        fits = (sizes >= self._SMALLEST) & (sizes <= self._LARGEST * rows * columns)
        places = np.asarray(centres, np.float64)[1:][fits] / (columns, rows)
        return [(time, float(x), float(y)) for x, y in places]

    def _follow(self, spots: list[Spot]) -> None:
        """Each spot goes on with the falls it may belong to, and may begin one."""
        if not self._frames:
            return
        now = self._frames[1][0]
        self._falls = [fall for fall in self._falls if now - fall.spots[-1][0] <= self._GAP][-self._MOST :]
        for spot in spots:
            near = [(gap, fall) for fall in self._falls if (gap := self._gap(fall.spots, spot)) is not None]
            if near:
                min(near, key=lambda pair: pair[0])[1].spots.append(spot)
            else:
                self._falls.append(_Fall([spot]))

    def _gap(self, spots: list[Spot], spot: Spot) -> float | None:
        """How far the spot is from where the fall should be; None when it can't be the same thing."""
        time, x, y = spots[-1]
        passed, down, aside = spot[0] - time, spot[2] - y, abs(spot[1] - x)
        if passed <= 0 or not self._SLOWEST * passed <= down <= self._FASTEST * passed or aside > self._SLANT * down:
            return None
        if len(spots) < 2:
            return down
        before = spots[-2]
        speed = (y - before[2]) / (time - before[0])
        off = abs(down - speed * passed)
        return off if off <= 0.03 + 0.5 * speed * passed else None

    def _judge(self) -> Iterator[Notice]:
        for fall in self._falls:
            if not fall.told and len(fall.spots) >= self.LOOKS and self._is_fall(np.array(fall.spots)):
                fall.told = True
                seconds = fall.spots[-1][0] - fall.spots[0][0]
                yield Notice(fall.spots[0][0], _around(fall.spots), {"event": "thrown", "seconds": round(seconds, 2)})

    def _is_fall(self, way: NDArray[np.float64]) -> bool:
        time = way[:, 0] - way[0, 0]
        if way[-1, 2] - way[0, 2] < self.DROP or time[-1] < self.SECONDS:
            return False
        gravity, _, _ = parabola = np.polyfit(time, way[:, 2], 2)
        stray = float(np.abs(np.polyval(parabola, time) - way[:, 2]).max())
        aside = float(np.abs(np.polyval(np.polyfit(time, way[:, 1], 1), time) - way[:, 1]).max())
        return bool(gravity > 0 and stray <= self._STRAY and aside <= self._STRAY)


def _around(spots: list[Spot]) -> Share:
    _, across, down = (list(values) for values in zip(*spots, strict=True))
    margin = 0.02
    x, y = max(0.0, min(across) - margin), max(0.0, min(down) - margin)
    return (x, y, min(1.0, max(across) + margin) - x, min(1.0, max(down) + margin) - y)
