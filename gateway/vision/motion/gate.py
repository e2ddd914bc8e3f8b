"""The last and surest of the motion gates: every look's pixels. Sans-I/O.

Brightness and its time in, motions out. Times are a file's or a camera's; a leap in them (a
reconnect) makes the gate learn anew.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gateway.vision.motion.background import Background, Luma, Mask

Share = tuple[float, float, float, float]
"""x, y, width, height as shares of the picture, so that it fits any size of it."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """`area` is the least share of the picture that must move, `contrast` in steps of brightness (of 256)."""

    area: float = 0.0015
    contrast: float = 18.0

    @classmethod
    def of(cls, level: float) -> Sensitivity:
        """0 (dull) … 0.5 (usual) … 1 (keen)."""
        factor = 4.0 ** (0.5 - min(max(level, 0.0), 1.0))
        return cls(0.0015 * factor, 18.0 * factor**0.5)


@dataclass(frozen=True, slots=True)
class Motion:
    """One stretch of movement; `end` is None while it goes on. `box` holds all that moved so far."""

    start: float
    end: float | None
    box: Share


class PixelGate:
    """Feed it looks about `LOOK` seconds apart, scaled to about `WIDTH` columns."""

    LOOK = 0.2
    WIDTH = 192
    HITS, WITHIN = 3, 1.0
    """So many looks must show movement within so many seconds before it counts."""
    QUIET = 2.0
    """Seconds without any movement that end it."""
    LEAP = 5.0
    _STIRRED, _ALIVE = 0.7, 0.05
    """A patch moves if so much of it changed since the look before, by so much of the contrast; noise does less."""

    def __init__(self, sensitivity: Sensitivity | None = None) -> None:
        self._sensitivity = sensitivity or Sensitivity()
        self._background = Background(self._sensitivity.contrast)
        self._before: Luma | None = None
        self._time = 0.0
        self._hits: deque[tuple[float, Share]] = deque()
        self._last_hit = 0.0
        self._motion: Motion | None = None

    @property
    def motion(self) -> Motion | None:
        """What is going on now."""
        return self._motion

    def see(self, luma: Luma, time: float) -> Motion | None:
        """The motion that began (`end` is None) or ended with this look."""
        passed, self._time = time - self._time, time
        before, self._before = self._before, luma
        if before is None or not self._background.fits(luma) or not 0 <= passed <= self.LEAP:
            self._background.begin(luma)
            return self.finish()
        mask = self._background.differs(luma, passed)
        if mask is None:
            return self._quiet(time)
        stirred = cv2.absdiff(luma, before) > self._STIRRED * self._sensitivity.contrast
        box = self._moving(mask, np.asarray(stirred, np.bool_))
        return self._quiet(time) if box is None else self._hit(time, box)

    def finish(self) -> Motion | None:
        """End what was going on: the stream is over."""
        ended = replace(self._motion, end=self._last_hit) if self._motion else None
        self._motion = None
        self._hits.clear()
        return ended

    def _moving(self, mask: Mask, stirred: Mask) -> Share | None:
        """A box around all patches that are large enough and differ from the look before as well.

        Without the second, a parked car would move until the background has swallowed it.
        """
        rows, columns = mask.shape
        least = max(4.0, self._sensitivity.area * rows * columns)
        solid = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        joined = cv2.dilate(solid, np.ones((5, 5), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        covered = np.bincount(labels.ravel(), weights=solid.ravel(), minlength=count)
        moved = np.bincount(labels.ravel(), weights=(stirred & (solid > 0)).ravel(), minlength=count)
        alive = (covered >= least) & (moved >= np.maximum(least / 4, self._ALIVE * covered))
        boxes = [stats[patch, :4] for patch in range(1, count) if alive[patch]]
        return _around(np.array(boxes), rows, columns) if boxes else None

    def _hit(self, time: float, box: Share) -> Motion | None:
        self._last_hit = time
        if self._motion is not None:
            self._motion = replace(self._motion, box=_union(self._motion.box, box))
            return None
        self._hits.append((time, box))
        while self._hits[0][0] < time - self.WITHIN:
            self._hits.popleft()
        if len(self._hits) < self.HITS:
            return None
        start, box = self._hits[0]
        for _, other in self._hits:
            box = _union(box, other)
        self._motion = Motion(start, None, box)
        return self._motion

    def _quiet(self, time: float) -> Motion | None:
        over = self._motion is not None and time - self._last_hit >= self.QUIET
        return self.finish() if over else None


def _around(boxes: np.ndarray[tuple[int, ...], np.dtype[np.int32]], rows: int, columns: int) -> Share:
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    width, height = float(right - left) / columns, float(bottom - top) / rows
    return (float(left) / columns, float(top) / rows, width, height)


def _union(one: Share, other: Share) -> Share:
    x, y = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return (x, y, right - x, bottom - y)
