"""Where films play: a drawn courtyard, or a real road when the shared videos are there. BGR, 640×360."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 640, 360
HORIZON = 130
"""The row where the ground begins."""


@cache
def courtyard(seed: int = 1) -> Picture:
    """A block of flats, trees, a lawn and a road, with the texture real ones have."""
    chance = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[:HORIZON] = (150, 148, 142)
    picture[HORIZON:] = (70, 110, 90)
    _block(picture, chance)
    corners = np.array([[250, HORIZON], [390, HORIZON], [620, HEIGHT], [60, HEIGHT]], np.int32)
    cv2.fillPoly(picture, [corners], (105, 105, 108))
    for row in range(HORIZON + 6, HEIGHT, 26):
        cv2.rectangle(picture, (317, row), (323 + row // 90, row + 8), (190, 195, 195), -1)
    textured = picture.astype(np.float32) + _texture(chance)[..., None]
    return np.asarray(textured.clip(0, 255), np.uint8)


def road(video: Path) -> Picture:
    """What a real road looks like without its cars: the median of a video."""
    with av.open(str(video)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)][::20]
    empty = np.median(np.stack(frames), axis=0).astype(np.uint8)
    return np.asarray(cv2.resize(empty, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def _block(picture: Picture, chance: np.random.Generator) -> None:
    for left in (20, 230, 440):
        cv2.rectangle(picture, (left, 10), (left + 180, HORIZON), (125, 140, 155), -1)
        for x in range(left + 12, left + 165, 28):
            for y in range(20, HORIZON - 20, 26):
                shade = int(chance.integers(30, 120))
                cv2.rectangle(picture, (x, y), (x + 14, y + 15), (shade, shade, shade), -1)
    for x in (0, 205, 415, 610):
        for _ in range(60):
            at = (int(x + chance.normal(8, 14)), int(HORIZON - 22 + chance.normal(0, 18)))
            green = int(chance.integers(40, 100))
            cv2.circle(picture, at, int(chance.integers(3, 8)), (green // 2, green, green // 2), -1)


def _texture(chance: np.random.Generator) -> NDArray[np.float32]:
    """Grain of several sizes, finer towards the far end."""
    whole = np.zeros((HEIGHT, WIDTH), np.float32)
    for scale, strength in ((1, 4.0), (3, 5.0), (12, 5.0)):
        grain = chance.normal(0, strength, (HEIGHT // scale + 1, WIDTH // scale + 1)).astype(np.float32)
        whole += cv2.resize(grain, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return whole
