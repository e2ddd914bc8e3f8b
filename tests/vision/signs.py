"""Number plates drawn after GA 36-2018, and what a camera makes of them. Synthetic: no photograph stands behind them.

Places and sizes of characters are the standard's, in millimetres (a pixel each); the glyphs are
those of OpenCV's own font, stretched, so a reader that does well here has not yet been seen on metal.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.vision.recognise.plate_characters import DIGITS, DRIVES, LETTERS, PROVINCES

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
Place = tuple[int, int, int, int]
"""x, y, width, height of a character."""

WHITE, BLACK, RED = (250, 250, 250), (25, 25, 25), (40, 40, 200)
BLUE, YELLOW, INK = (160, 60, 20), (30, 180, 235), (20, 20, 20)
GRASS = (50, 120, 20)
LEAF, PALE = (90, 190, 100), (235, 245, 240)


def blue(text: str) -> Picture:
    return _written(_sheet(440, 140, BLUE, WHITE), text, _one_row(len(text)), WHITE)


def yellow(text: str) -> Picture:
    return _written(_sheet(440, 140, YELLOW, BLACK), text, _one_row(len(text)), INK)


def white(text: str) -> Picture:
    """A police car's; its tail is red."""
    places = _one_row(len(text))
    sheet = _written(_sheet(440, 140, WHITE, BLACK), text[:-1], places[:-1], INK)
    return _written(sheet, text[-1], places[-1:], RED)


def forces(text: str) -> Picture:
    """Forces, armed police, rescue services: the branch is red."""
    places = _row_of(text)
    count = 3 if text[:2] == "WJ" and text[2] in PROVINCES else 2
    sheet = _written(_sheet(440, 140, WHITE, BLACK), text[:count], places[:count], RED)
    return _written(sheet, text[count:], places[count:], INK)


def dark_green(text: str) -> Picture:
    """Airport aprons."""
    return _written(_sheet(440, 140, GRASS, WHITE), text, _row_of(text), WHITE)


def black(text: str) -> Picture:
    return _written(_sheet(440, 140, BLACK, WHITE), text, _one_row(len(text)), WHITE)


def two_rows(text: str, ground: Colour = YELLOW, ink: Colour = INK) -> Picture:
    upper = [(110, 15, 80, 60), (250, 15, 80, 60)]
    lower = [(27 + 80 * place, 92, 65, 110) for place in range(5)]
    return _written(_sheet(440, 220, ground, BLACK), text, upper + lower, ink)


def two_rows_of_forces(text: str) -> Picture:
    return two_rows(text, WHITE)


def tractor(text: str) -> Picture:
    """Three characters above, five below (NY 345)."""
    upper = [(90 + 100 * place, 15, 70, 60) for place in range(3)]
    lower = [(27 + 80 * place, 92, 65, 110) for place in range(5)]
    return _written(_sheet(440, 220, GRASS, WHITE), text, upper + lower, WHITE)


def green(text: str) -> Picture:
    """Small new-energy plates fade from white to green; large ones begin yellow."""
    sheet = np.zeros((140, 480, 3), np.uint8)
    for row in range(140):
        share = (row / 139) ** 0.8
        sheet[row] = [round(a * (1 - share) + b * share) for a, b in zip(PALE, LEAF, strict=True)]
    if text[-1] in LETTERS:
        sheet[:, :120] = YELLOW
    cv2.rectangle(sheet, (3, 3), (476, 136), BLACK, 2)
    places = [(15, 25, 45, 90), (69, 25, 43, 90), *((161 + 52 * place, 25, 43, 90) for place in range(6))]
    return _written(sheet, text, places, INK)


def some_green(rng: np.random.Generator) -> str:
    """Two small ones to a large one; one in three has a letter after its drive."""
    office = _one_of(rng, PROVINCES) + _one_of(rng, LETTERS)
    digits = "".join(_one_of(rng, DIGITS) for _ in range(4))
    after = _one_of(rng, LETTERS if rng.random() < 1 / 3 else DIGITS)
    if rng.random() < 1 / 3:
        return office + _one_of(rng, DIGITS) + digits + _one_of(rng, DRIVES)
    return office + _one_of(rng, DRIVES) + after + digits


def some_blue(rng: np.random.Generator) -> str:
    office = _one_of(rng, PROVINCES) + _one_of(rng, LETTERS)
    return office + "".join(_one_of(rng, DIGITS * 2 + LETTERS) for _ in range(5))


def photographed(
    sign: Picture, rng: np.random.Generator, *, width: int = 120, night: bool = False, blur: float = 1.0
) -> Picture:
    """The sign somewhere in a street of 640×360: turned, sheared, blurred, noisy, lit badly, saved as JPEG."""
    rows, columns = sign.shape[:2]
    scale, shear = width / columns, rng.uniform(-0.15, 0.15)
    turn = np.radians(rng.uniform(-8, 8))
    matrix = scale * np.array([[np.cos(turn), shear - np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([rng.uniform(200, 440), rng.uniform(150, 250)])
    centred = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]]) - [columns / 2, rows / 2]
    corners = centred @ matrix.T + middle + rng.normal(0, 0.015 * width, (4, 2))
    return _developed(_mounted(sign, corners.astype(np.float32), rng), rng, night, blur * rng.uniform(0.4, 1.2))


def _mounted(sign: Picture, corners: NDArray[np.float32], rng: np.random.Generator) -> Picture:
    street = cv2.resize(rng.uniform(40, 180, (9, 16)).astype(np.uint8), (640, 360), interpolation=cv2.INTER_CUBIC)
    street = cv2.cvtColor(street, cv2.COLOR_GRAY2BGR)
    rows, columns = sign.shape[:2]
    small = cv2.GaussianBlur(sign, (0, 0), max(0.3, 0.35 * columns / float(np.ptp(corners[:, 0]))))
    own = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    cv2.warpPerspective(
        small,
        cv2.getPerspectiveTransform(own, corners),
        (640, 360),
        street,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return np.asarray(street, np.uint8)


def _developed(scene: Picture, rng: np.random.Generator, night: bool, blur: float) -> Picture:
    light = rng.uniform(0.22, 0.45) if night else rng.uniform(0.7, 1.15)
    noise = rng.uniform(5, 10) if night else rng.uniform(1, 5)
    seen = cv2.GaussianBlur(scene, (0, 0), blur).astype(np.float32) * light + rng.normal(0, noise, scene.shape)
    coded = cv2.imencode(".jpg", seen.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 75])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _one_row(count: int) -> list[Place]:
    """Seven characters of 45×90 with the separator's gap after the second."""
    return [(15 + 57 * place + (22 if place > 1 else 0), 25, 45, 90) for place in range(count)]


def _row_of(text: str) -> list[Place]:
    """As many as there are, on a sheet of 440."""
    if len(text) == 7:
        return _one_row(7)
    step = 410 / len(text)
    return [(round(15 + step * place), 25, round(step * 0.8), 90) for place in range(len(text))]


def _sheet(width: int, height: int, ground: Colour, line: Colour) -> Picture:
    sheet = np.full((height, width, 3), ground, np.uint8)
    cv2.rectangle(sheet, (4, 4), (width - 5, height - 5), line, 2)
    return sheet


def _written(sheet: Picture, text: str, places: Sequence[Place], ink: Colour) -> Picture:
    written = sheet.astype(np.float32)
    for character, (x, y, width, height) in zip(text, places, strict=True):
        cover = _glyph(character, width, height)[:, :, None]
        part = written[y : y + height, x : x + width]
        part[:] = part * (1 - cover) + np.array(ink) * cover
    return written.astype(np.uint8)


def _glyph(character: str, width: int, height: int) -> NDArray[np.float32]:
    """How much of each pixel it covers, 0…1, stretched to its place."""
    drawn = np.zeros((200, 200, 3), np.uint8)
    cv2.putText(drawn, character, (40, 150), WHITE, cv2.FontFace("uni"), 100, 700)
    x, y, across, down = cv2.boundingRect(drawn[:, :, 0])
    if across < down / 3:  # a 1 stays narrow
        x, across = x - (down // 2 - across) // 2, down // 2
    cut = drawn[y : y + down, x : x + across, 0]
    return np.asarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)


def _one_of(rng: np.random.Generator, characters: str) -> str:
    return characters[int(rng.integers(len(characters)))]
