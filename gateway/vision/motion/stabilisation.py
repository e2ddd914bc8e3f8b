"""A picture of a camera that shakes, moved back to where the background is. Sans-I/O.

A pole in the wind moves, turns and nears the picture by less than a pixel or two of a look (four to eight of 640
columns). Where it went is fitted to the background's slopes, on every second pixel, with what moved by itself left out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, median

_Floats = NDArray[np.float32]

_ROUNDS = 3
_STILL, _FARTHEST = 0.08, 3.0
"""Pixels of a look: what is less is no shaking, what is more is not shaking."""
_BETTER = 0.9
"""What must be left of the difference at most, or the picture did not move as a whole."""
_MOST = 12
_LEAST = 3.0
"""Grey levels of difference that count fully; what differs by more, and by more than most does, counts less."""


def estimate_shake(seen: Luma, known: Luma) -> NDArray[np.float32] | None:
    """The affine map (2 × 3) that takes places of `known` to those of `seen`, in its light; None: none needed."""
    smooth, there = _smooth(seen), _smooth(known)
    slopes, path = _slopes(there), np.zeros(4, np.float32)
    for number in range(_ROUNDS):
        now = smooth if number == 0 else warp(smooth, _map(path, known.shape))
        step = _step(slopes, (now[::2, ::2].astype(np.float32) - there[::2, ::2]).ravel())
        path -= step
        if _reach(step, known.shape) < _STILL:
            break
    if not _STILL <= _reach(path, known.shape) <= _FARTHEST:
        return None
    by = _map(path, known.shape)
    return by if _apart(warp(smooth, by), there) < _BETTER * _apart(smooth, there) else None


def warp(luma: Luma, by: NDArray[np.float32]) -> Luma:
    """The picture as the map says; its rim is repeated."""
    size = luma.shape[1], luma.shape[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(luma, by, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _smooth(luma: Luma) -> Luma:
    """So that slopes hold for a pixel or two."""
    return np.asarray(cv2.GaussianBlur(luma, (7, 7), 1.5), np.uint8)


def _slopes(known: Luma) -> _Floats:
    """How brightness changes with a step to the right, a step down, a turn, and a step nearer; 4 × pixels."""
    across = np.asarray(cv2.Sobel(known, cv2.CV_32F, 1, 0, scale=1 / 8), np.float32)[::2, ::2]
    down = np.asarray(cv2.Sobel(known, cv2.CV_32F, 0, 1, scale=1 / 8), np.float32)[::2, ::2]
    rows, columns = known.shape
    x = (np.arange(0, columns, 2, dtype=np.float32) - columns / 2)[None, :] / columns
    y = (np.arange(0, rows, 2, dtype=np.float32) - rows / 2)[:, None] / columns
    return np.stack([each.ravel() for each in (across, down, x * down - y * across, x * across + y * down)])


def _step(slopes: _Floats, away: _Floats) -> _Floats:
    """By least squares, with less weight for what moved by itself."""
    scale = max(_LEAST, 3 * median(np.abs(away[::8])))
    weighted = slopes / (1 + (away / scale) ** 2)
    square = weighted @ slopes.T
    damped = square + np.diag(0.01 * np.diag(square) + 1.0).astype(np.float32)
    return np.asarray(np.linalg.solve(damped, weighted @ away), np.float32)


def _apart(one: Luma, other: Luma) -> float:
    """What moved by itself counts little."""
    return cv2.sumElems(cv2.min(cv2.absdiff(one, other), np.full_like(one, _MOST)))[0]


def _map(path: _Floats, shape: tuple[int, ...]) -> NDArray[np.float32]:
    right, down, turn, near = (float(each) for each in path)
    rows, columns = shape
    turn, near = turn / columns, near / columns
    x, y = columns / 2, rows / 2
    return np.array(
        [[1 + near, -turn, right - near * x + turn * y], [turn, 1 + near, down - near * y - turn * x]], np.float32
    )


def _reach(path: _Floats, shape: tuple[int, ...]) -> float:
    """How far any pixel goes at most."""
    aside = shape[0] / shape[1]
    return float(np.hypot(path[0], path[1]) + np.hypot(0.5, 0.5 * aside) * np.hypot(path[2], path[3]))
