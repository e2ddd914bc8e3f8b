"""Drawing functions for the scenes: backgrounds, a person, a car with its plate. Images are BGR, uint8."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Points = list[tuple[float, float]]

PHOTO_FOLDER = Path(__file__).parent / "pictures"
WHITE, BLACK, PLATE_BLUE = (255, 255, 255), (20, 20, 20), (170, 70, 20)
GLYPH_WIDTH, GLYPH_HEIGHT = 45, 90
"""Millimetres of a plate's character (GA 36-2018); the plate is 440 by 140."""
PLATE_STEPS = (15.5, 72.5, 151.5, 208.5, 265.5, 322.5, 379.5)
"""Left edges of the seven characters, in millimetres; the separating dot is at 134."""

HEAD_OUTLINES: dict[str, Points] = {
    "collins": [
        (92, 165), (88, 130), (90, 100), (108, 62), (150, 32), (205, 24), (262, 36), (302, 76), (322, 122), (318, 162),
        (302, 195), (272, 213), (252, 250), (244, 300), (236, 330), (145, 330), (138, 290), (134, 255), (114, 205),
    ],
    "hopper": [
        (64, 150), (60, 110), (66, 75), (86, 22), (118, 2), (242, 2), (266, 30), (281, 62), (280, 118), (285, 152),
        (279, 205), (268, 240), (246, 262), (234, 290), (222, 330), (120, 330), (106, 290), (84, 256), (68, 212),
    ],
}  # fmt: skip
"""Around head and neck of each photograph, in its pixels."""


def gradient(width: int, height: int, top: tuple[int, ...], bottom: tuple[int, ...]) -> Image:
    """A vertical gradient."""
    ramp = np.linspace(0, 1, height)[:, None, None]
    column = (1 - ramp) * np.array(top) + ramp * np.array(bottom)
    return np.ascontiguousarray(np.broadcast_to(column, (height, width, 3)).astype(np.uint8))


def fill_polygon(image: Image, points: Points, colour: tuple[int, ...]) -> None:
    """Fill a polygon, in pixels."""
    corners = np.array([(round(x), round(y)) for x, y in points], np.int32)
    cv2.fillPoly(image, [corners], colour, cv2.LINE_AA)


def bricks(image: Image, top: int, bottom: int, colour: tuple[int, ...]) -> None:
    """A wall across the whole width."""
    cv2.rectangle(image, (0, top), (image.shape[1], bottom), colour, -1)
    joint = tuple(int(part * 0.75) for part in colour)
    for row, y in enumerate(range(top, bottom, 22)):
        cv2.line(image, (0, y), (image.shape[1], y), joint, 1)
        for x in range(row % 2 * 30, image.shape[1], 60):
            cv2.line(image, (x, y), (x, min(y + 22, bottom)), joint, 1)


def draw_text(image: Image, text: str, at: tuple[int, int], size: int, colour: tuple[int, ...] = WHITE) -> None:
    """Chinese or Latin text with its base line at `at`."""
    cv2.putText(image, text, at, colour, cv2.FontFace("uni"), size, 500)


@dataclass(frozen=True, slots=True)
class Sprite:
    """Something that moves before a background: its colours, and a mask of their opacity (0..255)."""

    colours: Image
    mask: Image

    def draw(self, image: Image, centre: float, foot: float, scale: float) -> None:
        """Draw it with the middle of its foot at (centre, foot), clipped to the image."""
        size = (max(2, round(self.mask.shape[1] * scale)), max(2, round(self.mask.shape[0] * scale)))
        colours = cv2.resize(self.colours, size, interpolation=cv2.INTER_AREA)
        mask = cv2.resize(self.mask, size, interpolation=cv2.INTER_AREA)
        left, top = round(centre - size[0] / 2), round(foot - size[1])
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(image.shape[1], left + size[0]), min(image.shape[0], top + size[1])
        # Otherwise it is wholly outside.
        if x0 < x1 and y0 < y1:
            inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
            ground = image[y0:y1, x0:x1]
            alpha = cv2.merge([mask[inside]] * 3)
            front = cv2.multiply(colours[inside], alpha, scale=1 / 255)
            back = cv2.multiply(ground, cv2.bitwise_not(alpha), scale=1 / 255)
            image[y0:y1, x0:x1] = cv2.add(front, back)


def person(name: str, coat: tuple[int, ...]) -> Sprite:
    """A person from the knees up, facing the camera, with the head of a photograph."""
    photograph: Any = cv2.imread(str(PHOTO_FOLDER / f"{name}.jpg"))
    height, width = 900, 560
    left = (width - photograph.shape[1]) // 2
    colours = np.full((height, width, 3), coat, np.uint8)
    mask = np.zeros((height, width), np.uint8)
    middle = width / 2 - 8  # both heads are off-centre by this much
    dark = tuple(int(part * 0.7) for part in coat)
    body: Points = [(-45, 275), (45, 275), (150, 320), (205, 380), (225, 900), (-225, 900), (-205, 380), (-150, 320)]
    placed = [(middle + x, float(y)) for x, y in body]
    fill_polygon(
        colours, [(middle - 60, 260), (middle + 60, 260), (middle + 12, 420), (middle - 12, 420)], (225, 225, 230)
    )
    for side in (-1, 1):
        fill_polygon(colours, [(middle + side * 50, 268), (middle + side * 75, 300), (middle, 440)], dark)
        cv2.line(colours, (round(middle + side * 150), 470), (round(middle + side * 165), 900), dark, 4)
    cv2.line(colours, (round(middle), 430), (round(middle), 900), dark, 3)
    cv2.fillPoly(mask, [np.array(placed, np.int32)], 255)
    head = np.zeros_like(mask)
    around = np.array([(x + left, y) for x, y in HEAD_OUTLINES[name]], np.int32)
    cv2.fillPoly(head, [around], 255)
    head = np.asarray(cv2.GaussianBlur(cv2.erode(head, np.ones((5, 5))), (0, 0), 2), np.uint8)
    fade = np.clip((320 - np.arange(height)) * 12, 0, 255).astype(np.uint8)[:, None]
    # Fade the neck into the collar.
    head = np.minimum(head, fade)
    alpha = head[: photograph.shape[0], left : left + photograph.shape[1], None] / 255
    area = colours[: photograph.shape[0], left : left + photograph.shape[1]]
    area[:] = (photograph * alpha + area * (1 - alpha)).astype(np.uint8)
    return Sprite(colours, np.maximum(mask, head))


def plate(text: str) -> Image:
    """A blue plate with seven characters, two pixels a millimetre."""
    image = np.full((280, 880, 3), PLATE_BLUE, np.uint8)
    cv2.rectangle(image, (8, 8), (871, 271), WHITE, 5, cv2.LINE_AA)
    for character, x in zip(text, PLATE_STEPS, strict=True):
        glyph = _glyph(character)
        box = image[50 : 50 + 2 * GLYPH_HEIGHT, round(2 * x) : round(2 * x) + 2 * GLYPH_WIDTH]
        box[:] = np.maximum(box, cv2.merge([glyph] * 3))
    cv2.circle(image, (268, 140), 10, WHITE, -1, cv2.LINE_AA)
    return image


def _glyph(character: str) -> Image:
    """The character stretched to its box, as on a plate."""
    sheet = np.zeros((260, 260), np.uint8)
    cv2.putText(sheet, character, (30, 200), 255, cv2.FontFace("uni"), 160, 650)
    x, y, width, height = cv2.boundingRect(sheet)
    narrow = character == "1"
    size = (GLYPH_WIDTH if narrow else 2 * GLYPH_WIDTH, 2 * GLYPH_HEIGHT)
    # A 1 gets half the width; stretched, it would look like a bar.
    glyph = cv2.resize(sheet[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.copyMakeBorder(glyph, 0, 0, 22, 23, cv2.BORDER_CONSTANT) if narrow else glyph, np.uint8)


def car(text: str, paint: tuple[int, ...]) -> Sprite:
    """A car from the front, slightly turned, with its plate; 900 by 700."""
    height, width = 700, 900
    colours = np.full((height, width, 3), paint, np.uint8)
    mask = np.zeros((height, width), np.uint8)
    body: Points = [
        (60, 690),
        (40, 420),
        (95, 300),
        (215, 90),
        (300, 50),
        (600, 50),
        (685, 90),
        (805, 300),
        (860, 420),
        (840, 690),
    ]
    cv2.fillPoly(mask, [np.array(body, np.int32)], 255, cv2.LINE_AA)
    shade, glass, dark = tuple(int(part * 0.8) for part in paint), (92, 78, 62), (38, 36, 34)
    fill_polygon(colours, [(150, 285), (245, 110), (310, 80), (590, 80), (655, 110), (750, 285)], glass)
    fill_polygon(colours, [(180, 270), (262, 122), (330, 95), (400, 95), (290, 270)], (130, 118, 104))
    fill_polygon(colours, [(95, 300), (805, 300), (850, 420), (50, 420)], shade)
    for side in (-1, 1):
        middle = 450 + side * 315
        cv2.ellipse(colours, (middle, 425), (80, 38), 0, 0, 360, (200, 205, 205), -1, cv2.LINE_AA)
        cv2.ellipse(colours, (middle, 425), (46, 30), 0, 0, 360, (250, 255, 255), -1, cv2.LINE_AA)
        cv2.rectangle(colours, (450 + side * 330 - 70, 640), (450 + side * 330 + 70, 700), dark, -1)
    cv2.rectangle(colours, (270, 395), (630, 470), dark, -1)
    for y in range(405, 470, 14):
        cv2.line(colours, (275, y), (625, y), (85, 82, 80), 3)
    cv2.rectangle(colours, (90, 610), (810, 650), dark, -1)
    _draw_sign(colours, plate(text), [(316, 500), (586, 504), (585, 590), (315, 586)])
    return Sprite(colours, mask)


def _draw_sign(image: Image, sign: Image, corners: Points) -> None:
    """Draw a flat sign in perspective, with its corners at the given points: left top first, clockwise."""
    height, width = sign.shape[:2]
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    transform = cv2.getPerspectiveTransform(flat, np.array(corners, np.float32))
    size = (image.shape[1], image.shape[0])
    where = cv2.warpPerspective(np.full(sign.shape[:2], 255, np.uint8), transform, size)
    np.copyto(image, cv2.warpPerspective(sign, transform, size, flags=cv2.INTER_AREA), where=where[:, :, None] > 127)
