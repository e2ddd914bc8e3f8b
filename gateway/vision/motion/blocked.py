"""Something that came and stays where nothing may: a fire lane, a gate. Sans-I/O.

A place is compared with how it looks when it is free: by the edges in it, because a shadow has them
only at its rim, and a thing all over. Looks at keyframes are enough.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.layout import Zone
from gateway.vision.motion.luma import Luma, lit_like, small
from gateway.vision.motion.patches import Share, raster
from gateway.vision.motion.trespass import Notice

_Floats = NDArray[np.float32]


class Blocked:
    """One zone. Feed it looks, some seconds apart."""

    SHARE = 0.2
    """The part of the zone that must be taken."""
    _STAYS = 0.5
    """The part of what is taken that must be as it was the look before: traffic passes, a thing stays."""
    _CHANGED, _EDGE = 10.0, 0.4
    """Edges, in steps of brightness, that must have come or gone; and as a part of those there."""
    _LEARNS = 180.0
    _GONE = 3
    """Looks in a row that must find it free."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._inside: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self._free: _Floats = np.zeros((0, 0), np.float32)
        self._light: _Floats = np.zeros((0, 0), np.float32)
        self._before: _Floats | None = None
        self._time = 0.0
        self._since: float | None = None
        self._missing = 0
        self._told = False

    def see(self, luma: Luma, time: float) -> Iterator[Notice]:
        """One picture's brightness, of any size. `blocked` once, and `cleared` once it is free again."""
        luma = small(luma)
        passed, self._time = max(0.0, time - self._time), time
        if self._before is None or self._before.shape != luma.shape:
            self._begin(luma)
            return
        lit = lit_like(luma, np.asarray(cv2.convertScaleAbs(self._light), np.uint8))
        edges, before = _edges(lit), self._before
        self._before = edges
        taken = self._differs(edges, self._free)
        moving = self._differs(edges, before)
        share = float(taken.sum()) / max(1, int(self._inside.sum()))
        if share < self.SHARE:
            self._learn(luma, edges, passed)
            yield from self._vacant(time)
        elif float((taken & moving).sum()) <= self._STAYS * float(taken.sum()):
            yield from self._occupied(taken, time)

    def _differs(self, edges: _Floats, other: _Floats) -> NDArray[np.bool_]:
        limit = np.maximum(self._CHANGED, self._EDGE * np.maximum(edges, other))
        return np.asarray((np.abs(edges - other) > limit) & self._inside, np.bool_)

    def _begin(self, luma: Luma) -> None:
        self._light, self._free = luma.astype(np.float32), _edges(luma)
        self._before = self._free.copy()
        self._inside = raster([self._zone.polygon], luma.shape) > 0

    def _learn(self, luma: Luma, edges: _Floats, passed: float) -> None:
        if self._since is None:
            pace = min(passed / self._LEARNS, 0.3)
            cv2.accumulateWeighted(edges, self._free, pace)
            cv2.accumulateWeighted(luma, self._light, pace)

    def _occupied(self, taken: NDArray[np.bool_], time: float) -> Iterator[Notice]:
        self._missing = 0
        self._since = time if self._since is None else self._since
        if not self._told and self._zone.blocked is not None and time - self._since >= self._zone.blocked:
            self._told = True
            said = {"event": "blocked", "zone": self._zone.name, "seconds": round(time - self._since, 1)}
            yield Notice(self._since, _around(taken), said)

    def _vacant(self, time: float) -> Iterator[Notice]:
        if self._since is None:
            return
        self._missing += 1
        if self._missing < self._GONE:
            return
        if self._told:
            said = {"event": "cleared", "zone": self._zone.name, "seconds": round(time - self._since, 1)}
            yield Notice(time, _around(self._inside), said)
        self._since, self._told, self._missing = None, False, 0


def _edges(luma: Luma) -> _Floats:
    """How strong edges are around every pixel."""
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    across = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), np.float32)
    down = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), np.float32)
    return np.asarray(cv2.blur(np.abs(across) + np.abs(down), (7, 7)) / 4, np.float32)


def _around(where: NDArray[np.bool_]) -> Share:
    rows, columns = where.shape
    x, y, width, height = cv2.boundingRect(where.astype(np.uint8))
    return (x / columns, y / rows, width / columns, height / rows)
