"""Something that came and stays where nothing may: a fire lane, a gate. Sans-I/O.

A place is compared with how it looks when it is free: by the edges in it, because a shadow has them
only at its rim, and a thing all over. What is enclosed by them is a thing if it is large enough, stays as it
was when it came, and is not the free place itself under another light. Looks at keyframes are enough.

Limits: a thing of one tone, darker than ground that has no texture of its own, can't be told from a shadow. What comes
so slowly that three minutes pass meanwhile becomes usual.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.blobs import RelativeBox, polygon_mask
from gateway.vision.motion.illumination import correlation, is_illumination_change
from gateway.vision.motion.intrusion import Observation
from gateway.vision.motion.luma import Luma, Mask, downscale, match_brightness
from gateway.vision.motion.scene_layout import ImageZone

_Floats = NDArray[np.float32]
_RIM, _JOIN = np.ones((7, 7), np.uint8), np.ones((5, 5), np.uint8)
"""By so much edges reach beyond the thing they belong to; so near one another are the parts of one thing."""


class BlockedZoneDetector:
    """One zone. Feed it looks, some seconds apart."""

    _LEAST = 24
    """Pixels of a look that a thing must have, however small its zone: 0.17 % of the picture."""
    _STAYS = 0.6
    """The likeness that what is there must keep with what came: traffic passes, leaves sway, a thing stays."""
    _BRIGHT = 12.0
    """Steps of brightness by which the ground must have changed, …"""
    _CHANGED, _EDGE = 10.0, 0.4
    """… or edges that must have come or gone; and as a part of those there."""
    _LEARNS = 180.0
    _GONE = 3
    """Looks in a row that must find it free, or something else there."""

    def __init__(self, zone: ImageZone) -> None:
        self._zone = zone
        self._inside: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self._free: _Floats = np.zeros((0, 0), np.float32)
        self._light: _Floats = np.zeros((0, 0), np.float32)
        self._came: Luma | None = None
        self._thing: Mask = np.zeros((0, 0), np.uint8)
        self._time = 0.0
        self._since = 0.0
        self._missing = 0
        self._told = False

    def see(self, luma: Luma, time: float) -> Iterator[Observation]:
        """One picture's brightness, of any size. `blocked` once, and `cleared` once it is free again."""
        luma = downscale(luma)
        passed, self._time = max(0.0, time - self._time), time
        if self._light.shape != luma.shape:
            self._begin(luma)
            return
        free = np.asarray(cv2.convertScaleAbs(self._light), np.uint8)
        lit = match_brightness(luma, free)
        edges = _edges(lit)
        taken = self._differs(lit, free, edges)
        thing = self._thing_in(taken, lit, free)
        if thing is None or not self._stayed(lit):
            yield from self._vacant(thing, lit, time)
        else:
            yield from self._occupied(time)
        self._learn(luma, edges, thing, passed)

    def _begin(self, luma: Luma) -> None:
        self._light, self._free = luma.astype(np.float32), _edges(luma)
        self._inside = polygon_mask([self._zone.polygon], luma.shape) > 0
        self._came, self._told = None, False

    def _differs(self, lit: Luma, free: Luma, edges: _Floats) -> Mask:
        limit = np.maximum(self._CHANGED, self._EDGE * np.maximum(edges, self._free))
        textured = cv2.erode(((np.abs(edges - self._free) > limit) * np.uint8(255)), _RIM)
        shaded = (cv2.absdiff(cv2.blur(lit, (3, 3)), cv2.blur(free, (3, 3))) > self._BRIGHT) * np.uint8(255)
        joined = cv2.morphologyEx(cv2.bitwise_or(textured, shaded), cv2.MORPH_CLOSE, _JOIN)
        return np.asarray(joined * self._inside, np.uint8)

    def _thing_in(self, taken: Mask, lit: Luma, free: Luma) -> Mask | None:
        """The largest thing, if it is large enough; None where there is only light, or nothing."""
        least = max(self._LEAST, self._zone.blocked_share * float(self._inside.sum()))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(taken)
        sizes = stats[1:, cv2.CC_STAT_AREA]
        for place in np.argsort(-sizes):
            if sizes[place] < least:
                break
            whole = np.asarray((labels == place + 1) * np.uint8(255), np.uint8)
            if not is_illumination_change(lit, free, whole):
                return whole
        return None

    def _stayed(self, lit: Luma) -> bool:
        """Whether what came first is still as it was."""
        if self._came is None:
            return False
        x, y, width, height = cv2.boundingRect(self._thing)
        here = slice(max(0, y - 3), y + height + 3), slice(max(0, x - 3), x + width + 3)
        return correlation(lit[here], self._came[here]) > self._STAYS

    def _learn(self, luma: Luma, edges: _Floats, thing: Mask | None, passed: float) -> None:
        """Take up the light, and what lies about that is too small to block anything."""
        things = [each for each in (thing, self._thing if self._came is not None else None) if each is not None]
        free = np.full(luma.shape, 255, np.uint8)
        for each in things:
            free[cv2.dilate(each, _RIM) > 0] = 0
        pace = min(passed / self._LEARNS, 0.3)
        cv2.accumulateWeighted(edges, self._free, pace, free)
        cv2.accumulateWeighted(luma, self._light, pace, free)

    def _occupied(self, time: float) -> Iterator[Observation]:
        self._missing = 0
        if not self._told and self._zone.blocked is not None and time - self._since >= self._zone.blocked:
            self._told = True
            said = {"event": "blocked", "zone": self._zone.name, "seconds": round(time - self._since, 1)}
            yield Observation(self._since, _around(self._thing), said)

    def _vacant(self, thing: Mask | None, lit: Luma, time: float) -> Iterator[Observation]:
        """It is free, or something else is there than came first."""
        self._missing += 1
        if self._came is not None and self._missing < self._GONE:
            return
        if self._told and thing is None:
            said = {"event": "cleared", "zone": self._zone.name, "seconds": round(time - self._since, 1)}
            yield Observation(time, _around(self._inside.astype(np.uint8)), said)
            self._told = False
        self._missing, self._came = 0, None
        if thing is not None:
            self._came, self._thing, self._since = lit, thing, time


def _edges(luma: Luma) -> _Floats:
    """How strong edges are around every pixel."""
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    across = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), np.float32)
    down = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), np.float32)
    return np.asarray(cv2.blur(np.abs(across) + np.abs(down), (7, 7)) / 4, np.float32)


def _around(where: Mask) -> RelativeBox:
    rows, columns = where.shape
    x, y, width, height = cv2.boundingRect(where)
    return (x / columns, y / rows, width / columns, height / rows)
