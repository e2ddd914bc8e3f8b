"""Image stabilisation: moves the frame of a shaking camera back onto the background. Sans-I/O.

A pole in the wind shifts, rotates and zooms the picture by less than two pixels of the analysed size (four to eight
pixels of 640 columns). The movement is fitted to the background's gradients on every second pixel (Gauss-Newton with
robust weights), without what moved by itself.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.motion.luma import Luma, median

_Floats = NDArray[np.float32]

_ITERATIONS = 3
_MIN_SHIFT, _MAX_SHIFT = 0.08, 3.0
"""Pixels of the analysed size: a smaller shift is no shaking, a larger one has another cause."""
_MAX_RESIDUAL_RATIO = 0.9
"""Largest share of the difference that may remain; otherwise the picture did not move as a whole."""
_MAX_PIXEL_DIFFERENCE = 12
_MIN_SCALE = 3.0
"""Grey levels of difference with full weight; larger ones, and larger than most, count less."""


def estimate_shake(current: Luma, reference: Luma) -> NDArray[np.float32] | None:
    """The affine map (2 × 3) from places of `reference` to those of `current`; None if there was no shaking.

    Both pictures must have the same brightness.
    """
    smoothed, smoothed_reference = _smooth(current), _smooth(reference)
    gradients, parameters = _gradients(smoothed_reference), np.zeros(4, np.float32)
    for iteration in range(_ITERATIONS):
        # always warped from the original with the sum of all steps: repeated warping would blur
        warped = smoothed if iteration == 0 else warp(smoothed, _affine_matrix(parameters, reference.shape))
        residuals = warped[::2, ::2].astype(np.float32) - smoothed_reference[::2, ::2]
        step = _least_squares_step(gradients, residuals.ravel())
        parameters -= step
        if _max_shift(step, reference.shape) < _MIN_SHIFT:
            break
    if not _MIN_SHIFT <= _max_shift(parameters, reference.shape) <= _MAX_SHIFT:
        return None
    transform = _affine_matrix(parameters, reference.shape)
    before = _difference(smoothed, smoothed_reference)
    after = _difference(warp(smoothed, transform), smoothed_reference)
    return transform if after < _MAX_RESIDUAL_RATIO * before else None


def warp(luma: Luma, transform: NDArray[np.float32]) -> Luma:
    """The picture moved by the map; its border pixels are repeated."""
    size = luma.shape[1], luma.shape[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(luma, transform, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _smooth(luma: Luma) -> Luma:
    """Blur, so that gradients hold over a distance of one or two pixels."""
    return np.asarray(cv2.GaussianBlur(luma, (7, 7), 1.5), np.uint8)


def _gradients(reference: Luma) -> _Floats:
    """Change of brightness per step to the right, step down, rotation and zoom; 4 × pixels."""
    horizontal = np.asarray(cv2.Sobel(reference, cv2.CV_32F, 1, 0, scale=1 / 8), np.float32)[::2, ::2]
    vertical = np.asarray(cv2.Sobel(reference, cv2.CV_32F, 0, 1, scale=1 / 8), np.float32)[::2, ::2]
    rows, columns = reference.shape
    x = (np.arange(0, columns, 2, dtype=np.float32) - columns / 2)[None, :] / columns
    y = (np.arange(0, rows, 2, dtype=np.float32) - rows / 2)[:, None] / columns
    return np.stack(
        [each.ravel() for each in (horizontal, vertical, x * vertical - y * horizontal, x * horizontal + y * vertical)]
    )


def _least_squares_step(gradients: _Floats, residuals: _Floats) -> _Floats:
    """Weighted least squares; large residuals (moving objects) get little weight."""
    scale = max(_MIN_SCALE, 3 * median(np.abs(residuals[::8])))
    weighted = gradients / (1 + (residuals / scale) ** 2)
    normal_matrix = weighted @ gradients.T
    # A plain scene (sky, wall) makes the matrix nearly singular; damping keeps the step small there.
    damped = normal_matrix + np.diag(0.01 * np.diag(normal_matrix) + 1.0).astype(np.float32)
    return np.asarray(np.linalg.solve(damped, weighted @ residuals), np.float32)


def _difference(one: Luma, other: Luma) -> float:
    """Sum of absolute differences, each capped so that moving objects count little."""
    return cv2.sumElems(cv2.min(cv2.absdiff(one, other), np.full_like(one, _MAX_PIXEL_DIFFERENCE)))[0]


def _affine_matrix(parameters: _Floats, shape: tuple[int, ...]) -> NDArray[np.float32]:
    dx, dy, rotation, zoom = (float(each) for each in parameters)
    rows, columns = shape
    rotation, zoom = rotation / columns, zoom / columns
    x, y = columns / 2, rows / 2
    return np.array(
        [[1 + zoom, -rotation, dx - zoom * x + rotation * y], [rotation, 1 + zoom, dy - zoom * y - rotation * x]],
        np.float32,
    )


def _max_shift(parameters: _Floats, shape: tuple[int, ...]) -> float:
    """Upper limit of any pixel's shift."""
    aspect = shape[0] / shape[1]
    return float(
        np.hypot(parameters[0], parameters[1]) + np.hypot(0.5, 0.5 * aspect) * np.hypot(parameters[2], parameters[3])
    )
