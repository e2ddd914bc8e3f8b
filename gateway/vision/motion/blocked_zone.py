"""Blocked-zone detection: an object that came and stays where none may be (fire lane, gate). Sans-I/O.

The zone is compared with how it looks when it is free, by its edges: a shadow has edges only at its border, an
object all over. What the changed edges enclose is an object if it is large enough, stays unchanged since it came,
and is not the free ground under another light. Frames of keyframes suffice.

Limits: an object of uniform colour that is darker than untextured ground can't be told from a shadow. What moves in
so slowly that it takes three minutes becomes part of the background.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.blobs import RelativeBox, polygon_mask
from gateway.vision.motion.illumination import correlation, is_illumination_change
from gateway.vision.motion.luma import Luma, Mask, downscale, match_brightness
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.scene_layout import ImageZone

_Floats = NDArray[np.float32]
_RIM_KERNEL, _JOIN_KERNEL = np.ones((7, 7), np.uint8), np.ones((5, 5), np.uint8)
"""Filtered edges reach so far beyond their object; parts of one object lie so close together."""


class BlockedZoneDetector:
    """Watches one zone. Feed it frames some seconds apart."""

    _MIN_PIXELS = 24
    """Pixels that an object must have at the analysed size, however small its zone: 0.17 % of the picture."""
    _MIN_CORRELATION = 0.6
    """Correlation that the object must keep with its first picture: traffic passes and leaves sway, a parked
    object doesn't."""
    _MIN_BRIGHTNESS_CHANGE = 12.0
    """A pixel changed if its brightness did by so many grey levels, …"""
    _MIN_EDGE_CHANGE, _MIN_EDGE_RATIO = 10.0, 0.4
    """… or if its edge strength did by so much, and by this share of the stronger edge."""
    _UPDATE_SECONDS = 180.0
    """Time constant, in seconds, of the free zone's picture."""
    _FREE_FRAMES = 3
    """Frames in a row that must find it free, or another object there."""

    def __init__(self, zone: ImageZone) -> None:
        self._zone = zone
        self._inside: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)
        self._reference_edges: _Floats = np.zeros((0, 0), np.float32)
        self._reference: _Floats = np.zeros((0, 0), np.float32)
        self._first_seen: Luma | None = None
        self._object_mask: Mask = np.zeros((0, 0), np.uint8)
        self._time = 0.0
        self._since = 0.0
        self._missing_frames = 0
        self._reported = False

    def update(self, luma: Luma, time: float) -> Iterator[Observation]:
        """Feed one luma plane of any size; yields `blocked` once, and `cleared` once the zone is free again."""
        luma = downscale(luma)
        elapsed, self._time = max(0.0, time - self._time), time
        if self._reference.shape != luma.shape:
            self._reset(luma)
            return
        reference = np.asarray(cv2.convertScaleAbs(self._reference), np.uint8)
        normalised = match_brightness(luma, reference)
        edges = _edges(normalised)
        changed = self._changed_mask(normalised, reference, edges)
        object_mask = self._find_object(changed, normalised, reference)
        if object_mask is None or not self._is_unchanged(normalised):
            yield from self._on_free(object_mask, normalised, time)
        else:
            yield from self._on_occupied(time)
        self._learn(luma, edges, object_mask, elapsed)

    def _reset(self, luma: Luma) -> None:
        self._reference, self._reference_edges = luma.astype(np.float32), _edges(luma)
        self._inside = polygon_mask([self._zone.polygon], luma.shape) > 0
        self._first_seen, self._reported = None, False

    def _changed_mask(self, normalised: Luma, reference: Luma, edges: _Floats) -> Mask:
        limit = np.maximum(self._MIN_EDGE_CHANGE, self._MIN_EDGE_RATIO * np.maximum(edges, self._reference_edges))
        edge_changes = cv2.erode(((np.abs(edges - self._reference_edges) > limit) * np.uint8(255)), _RIM_KERNEL)
        difference = cv2.absdiff(cv2.blur(normalised, (3, 3)), cv2.blur(reference, (3, 3)))
        brightness_changes = (difference > self._MIN_BRIGHTNESS_CHANGE) * np.uint8(255)
        joined = cv2.morphologyEx(cv2.bitwise_or(edge_changes, brightness_changes), cv2.MORPH_CLOSE, _JOIN_KERNEL)
        return np.asarray(joined * self._inside, np.uint8)

    def _find_object(self, changed: Mask, normalised: Luma, reference: Luma) -> Mask | None:
        """Mask of the largest object that is large enough; None if there is only a change of light, or nothing."""
        min_pixels = max(self._MIN_PIXELS, self._zone.blocked_share * float(self._inside.sum()))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(changed)
        sizes = stats[1:, cv2.CC_STAT_AREA]
        # Largest first: a large shadow must not hide a smaller object behind it in the list.
        for index in np.argsort(-sizes):
            if sizes[index] < min_pixels:
                break
            candidate = np.asarray((labels == index + 1) * np.uint8(255), np.uint8)
            if not is_illumination_change(normalised, reference, candidate):
                return candidate
        return None

    def _is_unchanged(self, normalised: Luma) -> bool:
        """Whether the object still looks as it did when it came."""
        if self._first_seen is None:
            return False
        x, y, width, height = cv2.boundingRect(self._object_mask)
        region = slice(max(0, y - 3), y + height + 3), slice(max(0, x - 3), x + width + 3)
        return correlation(normalised[region], self._first_seen[region]) > self._MIN_CORRELATION

    def _learn(self, luma: Luma, edges: _Floats, object_mask: Mask | None, elapsed: float) -> None:
        """Adapt the free zone's picture to light and to objects too small to block it, but not to the object itself."""
        known = self._object_mask if self._first_seen is not None else None
        free = np.full(luma.shape, 255, np.uint8)
        for mask in (object_mask, known):
            if mask is not None:
                free[cv2.dilate(mask, _RIM_KERNEL) > 0] = 0
        weight = min(elapsed / self._UPDATE_SECONDS, 0.3)
        cv2.accumulateWeighted(edges, self._reference_edges, weight, free)
        cv2.accumulateWeighted(luma, self._reference, weight, free)

    def _on_occupied(self, time: float) -> Iterator[Observation]:
        self._missing_frames = 0
        limit, duration = self._zone.blocked_after, time - self._since
        if not self._reported and limit is not None and duration >= limit:
            self._reported = True
            data = {"event": "blocked", "zone": self._zone.name, "seconds": round(duration, 1)}
            yield Observation(self._since, _bounding_box(self._object_mask), data)

    def _on_free(self, object_mask: Mask | None, normalised: Luma, time: float) -> Iterator[Observation]:
        """The zone is free, or another object is there than before."""
        self._missing_frames += 1
        if self._first_seen is not None and self._missing_frames < self._FREE_FRAMES:
            return
        if self._reported and object_mask is None:
            data = {"event": "cleared", "zone": self._zone.name, "seconds": round(time - self._since, 1)}
            yield Observation(time, _bounding_box(self._inside.astype(np.uint8)), data)
            self._reported = False
        self._missing_frames, self._first_seen = 0, None
        if object_mask is not None:
            self._first_seen, self._object_mask, self._since = normalised, object_mask, time


def _edges(luma: Luma) -> _Floats:
    """Edge strength around every pixel."""
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    horizontal = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), np.float32)
    vertical = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), np.float32)
    return np.asarray(cv2.blur(np.abs(horizontal) + np.abs(vertical), (7, 7)) / 4, np.float32)


def _bounding_box(where: Mask) -> RelativeBox:
    rows, columns = where.shape
    x, y, width, height = cv2.boundingRect(where)
    return (x / columns, y / rows, width / columns, height / rows)
