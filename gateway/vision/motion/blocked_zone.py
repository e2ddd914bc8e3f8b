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
from gateway.vision.motion.luma import Luma, Mask, downscale, match_brightness
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.scene_layout import ImageZone

_Floats = NDArray[np.float32]
_RIM_KERNEL, _JOIN_KERNEL = np.ones((7, 7), np.uint8), np.ones((5, 5), np.uint8)
"""By so much edges reach beyond the thing they belong to; so near one another are the parts of one thing."""


class BlockedZoneDetector:
    """One zone. Feed it looks, some seconds apart."""

    _MIN_PIXELS = 24
    """Pixels of a look that a thing must have, however small its zone: 0.17 % of the picture."""
    _MIN_CORRELATION = 0.6
    """The likeness that what is there must keep with what came: traffic passes, leaves sway, a thing stays."""
    _MIN_BRIGHTNESS_CHANGE = 12.0
    """Steps of brightness by which the ground must have changed, …"""
    _MIN_EDGE_CHANGE, _MIN_EDGE_RATIO = 10.0, 0.4
    """… or edges that must have come or gone; and as a part of those there."""
    _UPDATE_SECONDS = 180.0
    _FREE_FRAMES = 3
    """Looks in a row that must find it free, or something else there."""

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
        """One picture's brightness, of any size. `blocked` once, and `cleared` once it is free again."""
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
        """The largest thing, if it is large enough; None where there is only light, or nothing."""
        min_pixels = max(self._MIN_PIXELS, self._zone.blocked_share * float(self._inside.sum()))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(changed)
        sizes = stats[1:, cv2.CC_STAT_AREA]
        for index in np.argsort(-sizes):
            if sizes[index] < min_pixels:
                break
            candidate = np.asarray((labels == index + 1) * np.uint8(255), np.uint8)
            if not is_illumination_change(normalised, reference, candidate):
                return candidate
        return None

    def _is_unchanged(self, normalised: Luma) -> bool:
        """Whether what came first is still as it was."""
        if self._first_seen is None:
            return False
        x, y, width, height = cv2.boundingRect(self._object_mask)
        region = slice(max(0, y - 3), y + height + 3), slice(max(0, x - 3), x + width + 3)
        return correlation(normalised[region], self._first_seen[region]) > self._MIN_CORRELATION

    def _learn(self, luma: Luma, edges: _Floats, object_mask: Mask | None, elapsed: float) -> None:
        """Take up the light, and what lies about that is too small to block anything."""
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
        """It is free, or something else is there than came first."""
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
    """How strong edges are around every pixel."""
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    horizontal = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), np.float32)
    vertical = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1), np.float32)
    return np.asarray(cv2.blur(np.abs(horizontal) + np.abs(vertical), (7, 7)) / 4, np.float32)


def _bounding_box(where: Mask) -> RelativeBox:
    rows, columns = where.shape
    x, y, width, height = cv2.boundingRect(where)
    return (x / columns, y / rows, width / columns, height / rows)
