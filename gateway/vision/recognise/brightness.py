"""Brightens pictures taken in low light: plate detection was made for pictures by day and by lamp."""

from __future__ import annotations

import cv2
import numpy as np

from gateway.vision.recognise.geometry import Picture

_TARGET = 220.0
"""Brightness to which the brightest parts are raised."""
_MAX_GAIN = 5.0
_MIN_GAIN = 1.15
"""A smaller gain is not worth its time."""
_SAMPLED_ROWS = 32
"""Rows of which the brightness is measured."""
_FIXED_POINT = 32
"""Steps of a factor between one and the next: bytes are multiplied five times as fast as floats."""
_TILE = 32
"""Pixels over which light is taken to be uniform: a dark car before a bright sky has light of its own."""


def brighten(picture: Picture) -> Picture:
    """Multiply all by one factor, which preserves colours."""
    step = max(1, picture.shape[0] // _SAMPLED_ROWS)
    brightest = float(np.percentile(picture[::step, ::step].max(axis=2), 98))
    gain = min(_MAX_GAIN, _TARGET / max(brightest, 1.0))
    return np.asarray(cv2.convertScaleAbs(picture, alpha=gain), np.uint8) if gain > _MIN_GAIN else picture


def equalise(picture: Picture) -> Picture:
    """Multiply each part by a factor of its own."""
    rows, columns = picture.shape[:2]
    tiles = (max(1, columns // _TILE), max(1, rows // _TILE))
    samples = cv2.resize(picture, (tiles[0] * 4, tiles[1] * 4), interpolation=cv2.INTER_AREA).max(axis=2)
    light = cv2.GaussianBlur(cv2.dilate(samples, np.ones((5, 5), np.uint8)), (0, 0), 2.0)
    gain = np.clip(_TARGET / np.maximum(light.astype(np.float32), 1), 1, _MAX_GAIN)
    gains = cv2.resize((gain * _FIXED_POINT).astype(np.uint8), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(picture, cv2.merge([gains] * 3), scale=1 / _FIXED_POINT), np.uint8)
