"""A pass's code as a gate's camera sees it: held askew, out of focus, in shadow and glare, in a noisy picture."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
import segno

from gateway.passes.codes import VerifiedCode, code_text, new_pass_id, verify_code, window_at
from gateway.vision.recognise.codes import read_codes

KEY, NOW = b"k" * 32, datetime(2026, 11, 30, 8, tzinfo=UTC)
FRAME = (360, 640)
"""Rows and columns of a camera's sub-stream."""


def screen(text: str) -> np.ndarray:
    """The phone's screen: the code in its white square, dark around."""
    modules = np.array([list(row) for row in segno.make_qr(text, version=2, error="q", boost_error=False).matrix])
    code = np.kron(np.where(modules, 20, 235).astype(np.uint8), np.ones((10, 10), np.uint8))
    return np.pad(np.pad(code, 40, constant_values=235), ((60, 160), (30, 30)), constant_values=60)


def seen(picture: np.ndarray, width: float, turn: float, tilt: float, blur: float, seed: int) -> np.ndarray:
    """`width` of the code in pixels, `turn` in degrees, `tilt` as the share that its far side is narrower."""
    noise = np.random.default_rng(seed)
    rows, columns = picture.shape
    scale = width / 250
    angle = np.deg2rad(turn)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * [columns / 2, rows / 2]
    corners[:2, 0] *= 1 - tilt
    spun = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    target = (spun * scale + [FRAME[1] / 2, FRAME[0] / 2]).astype(np.float32)
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    warp = cv2.getPerspectiveTransform(source, target)
    frame = noise.normal(110, 30, FRAME).clip(0, 255).astype(np.uint8)
    cv2.warpPerspective(picture, warp, FRAME[::-1], frame, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)
    shade = np.linspace(0.45, 1.0, FRAME[1])[None, :] * np.linspace(1.0, 0.8, FRAME[0])[:, None]
    lit = cv2.GaussianBlur(frame, (0, 0), blur) * shade + 15
    glare = np.exp(-(((np.arange(FRAME[1]) - 340) / 25) ** 2))[None, :] * np.exp(
        -(((np.arange(FRAME[0])[:, None] - 180) / 15) ** 2)
    )
    return (lit + glare * 120 + noise.normal(0, 6, FRAME)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("turn", [0, 12, -25, 90])
@pytest.mark.parametrize("tilt", [0.0, 0.12])
@pytest.mark.parametrize("width", [90, 130, 180])
def test_a_code_is_read_askew_blurred_and_shaded(width, tilt, turn):
    pass_id, window = new_pass_id(), window_at(NOW)
    frame = seen(screen(code_text(KEY, pass_id, window)), width, turn, tilt, width / 110, seed=width + turn)
    [found] = read_codes(frame)
    assert verify_code(found.text, KEY, NOW) == VerifiedCode(pass_id, window)
