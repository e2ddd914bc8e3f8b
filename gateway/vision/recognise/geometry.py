"""Pictures, boxes and quads that the recognisers pass to one another."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""BGR, height × width × 3."""
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""
Quad = NDArray[np.float32]
"""Four corners (x, y): top left, top right, bottom right, bottom left."""


def order_corners(corners: NDArray[np.float32]) -> Quad:
    """Any four corners in the order of a Quad."""
    by_x = corners[np.argsort(corners[:, 0])]
    left, right = by_x[:2], by_x[2:]
    left, right = left[np.argsort(left[:, 1])], right[np.argsort(right[:, 1])]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def quad_size(quad: Quad) -> tuple[float, float]:
    """Width and height of a quad that lies along its text."""
    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))


def bounding_box(*quads: Quad) -> Box:
    """The upright box around all quads."""
    x, y, width, height = cv2.boundingRect(np.concatenate(quads))
    return int(x), int(y), int(width), int(height)


def rectify(picture: Picture, quad: Quad, across: float = 0.05, up: float = 0.08) -> Picture:
    """The quad as an upright picture, grown by `across` and `up` of its size on each side."""
    width, height = quad_size(quad)
    right, down = (quad[1] - quad[0]) * across, (quad[3] - quad[0]) * up
    grown = quad + np.array([-right - down, right - down, right + down, down - right], np.float32)
    columns, rows = max(1, round(width * (1 + 2 * across))), max(1, round(height * (1 + 2 * up)))
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    transform = cv2.getPerspectiveTransform(grown.astype(np.float32), corners)
    return np.asarray(
        cv2.warpPerspective(picture, transform, (columns, rows), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def shear(picture: Picture, amount: float) -> Picture:
    """Shift rows sideways by so much of their distance from the middle one, as a plate seen from the side is skewed."""
    rows, columns = picture.shape[:2]
    transform = np.array([[1, amount, -amount * rows / 2], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(picture, transform, (columns, rows), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0…1."""
    intersection = _intersection(one, other)
    return intersection / (one[2] * one[3] + other[2] * other[3] - intersection or 1)


def covered_share(one: Box, other: Box) -> float:
    """Share of `one` that lies in the other, 0…1."""
    return _intersection(one, other) / (one[2] * one[3] or 1)


def _intersection(one: Box, other: Box) -> int:
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(0, width) * max(0, height)


def crop_around(picture: Picture, box: Box, across: float, up: float) -> tuple[Picture, NDArray[np.float32]]:
    """The part of the picture around `box`, grown on each side by shares of its size, and where it begins (x, y)."""
    x, y, width, height = box
    left, top = max(0, round(x - across * width)), max(0, round(y - up * height))
    right, bottom = round(x + width * (1 + across)), round(y + height * (1 + up))
    return picture[top:bottom, left:right], np.array([left, top], np.float32)
