"""Clips and pictures that tests make themselves: H.264 in MP4, a real face, drawn plates."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

Picture = NDArray[np.uint8]
RATE = 10
_BLUE, _WHITE = (170, 60, 20), (255, 255, 255)


def write_clip(path: Path, pictures: Iterable[Picture], rate: int = RATE) -> Path:
    """BGR pictures of one size as H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "g": "20"})
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    return path


def wall(height: int = 360, width: int = 640, seed: int = 1) -> Picture:
    """A background with some texture."""
    noise = np.random.default_rng(seed).normal(110, 25, (height // 8, width // 8)).clip(40, 200)
    gray = cv2.resize(noise.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), np.uint8)


def paste(background: Picture, patch: Picture, x: int, y: int) -> Picture:
    picture = background.copy()
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + patch.shape[1], picture.shape[1]), min(y + patch.shape[0], picture.shape[0])
    if right > left and bottom > top:
        picture[top:bottom, left:right] = patch[top - y : bottom - y, left - x : right - x]
    return picture


def face(size: int = 180) -> Picture:
    """Eileen Collins, cut close, BGR; her face is about two thirds of `size` across."""
    portrait = np.ascontiguousarray(data.astronaut()[0:230, 120:330, ::-1])
    return scaled(portrait, round(size * 210 / 230), size)


def plate(text: str, width: int = 176) -> Picture:
    """A blue plate as OpenCV's own font draws it."""
    sign = np.full((110, 400, 3), _BLUE, np.uint8)
    cv2.rectangle(sign, (4, 4), (395, 105), _WHITE, 2)
    font = cv2.FontFace("uni")
    for place, character in enumerate(text):
        x = 18 + place * 53 + (10 if place > 1 else 0)
        cv2.putText(sign, character, (x, 78), _WHITE, font, 58, 700)
    return scaled(sign, width, round(width * 110 / 400))


def scaled(picture: Picture, width: int, height: int) -> Picture:
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def pass_by(background: Picture, patch: Picture, y: int, *, still: int = 15, steps: int = 30) -> list[Picture]:
    """Nothing for a while, then `patch` crosses from left to right, then nothing."""
    width, across = background.shape[1], patch.shape[1]
    xs = np.linspace(-across, width, steps).round().astype(int)
    moving = [paste(background, patch, int(x), y) for x in xs]
    return [background] * still + moving + [background] * still
