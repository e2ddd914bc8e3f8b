"""Pictures of a phone that shows a QR code at a gate: warped, blurred, shaded, noisy."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import segno
from numpy.typing import NDArray
from PIL import Image

from gateway.simulator.scenes import FPS
from tests.vision.clips import wall

Picture = NDArray[np.uint8]
SIZE = (1280, 720)
TEXT = "VQ53VEJRWEJCRZE7SNFZ4KA57A2HA"
"""Written as the code of a pass is: 29 characters, version 2."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the code looks: its side in pixels, turned (degrees), tilted (0 to 1), blurred (sigma), shaded (0 to 1)."""

    side: int
    turn: float = 0
    tilt: float = 0
    blur: float = 0
    shade: float = 0
    noise: float = 0


def gray(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def code_sign(text: str, side: int) -> Picture:
    """The code with its quiet zone, BGR, as a phone shows it: level Q."""
    buffer = io.BytesIO()
    segno.make(text, error="q", micro=False, boost_error=False).save(buffer, kind="png", scale=8, border=4)
    with Image.open(buffer) as image:
        sign = np.asarray(image.convert("RGB"), np.uint8)
    return np.asarray(cv2.resize(sign, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def code_picture(text: str | None, look: Look, size: tuple[int, int] = (1280, 720), seed: int = 3) -> Picture:
    """A wall, and before it the code; None: the wall alone."""
    picture = wall(size[1], size[0], seed)
    if text is not None:
        picture = _pasted(picture, code_sign(text, look.side), look)
    if look.shade:
        ramp = np.linspace(1, 1 - look.shade, size[0], dtype=np.float32)[None, :, None]
        picture = (picture * ramp).astype(np.uint8)
    if look.blur:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), look.blur), np.uint8)
    if look.noise:
        grain = np.random.default_rng(seed).normal(0, look.noise, picture.shape)
        picture = (picture + grain).clip(0, 255).astype(np.uint8)
    return picture


def _pasted(picture: Picture, sign: Picture, look: Look) -> Picture:
    height, width = picture.shape[:2]
    side = sign.shape[0]
    half, lean = side / 2, look.tilt * side / 2
    corners = np.array([[-half, -half + lean / 2], [half, -half], [half, half], [-half, half - lean / 2]], np.float32)
    corners[[0, 3], 0] += lean / 2
    angle = np.deg2rad(look.turn)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    there = corners @ rotation + np.array([width / 2, height / 2], np.float32)
    here = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    matrix = cv2.getPerspectiveTransform(here, there.astype(np.float32))
    warped = cv2.warpPerspective(sign, matrix, (width, height), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full(sign.shape[:2], 255, np.uint8), matrix, (width, height))
    result = picture.copy()
    result[mask > 127] = warped[mask > 127]
    return result


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody lifts a phone to the camera, holds it for four seconds and takes it away. The hand is never still."""

    text: str | None
    name: str = "visit"
    size: tuple[int, int] = SIZE

    def pictures(self) -> Iterator[Picture]:
        looks = [Look(side=230, turn=turn, tilt=0.2, blur=0.9, shade=0.5, noise=6) for turn in (7, 8, 9)]
        held = [code_picture(self.text, look) for look in looks]
        for step in range(6 * FPS):
            away = max(0.0, abs(step - 3 * FPS) - 2 * FPS) * 40
            picture = held[step % len(held)]
            yield np.roll(picture, (round(away), step % 2), (0, 1)) if self.text else picture
