"""The scenes that the cameras show: 1280 by 720, ten pictures a second.

A `Scene` is a background and a function that draws what moves before it; `time` is seconds from its start. Still
scenes loop and last three keyframe intervals: if all keyframes were the same picture, whoever decodes only keyframes
would take the camera for frozen. The other scenes begin and end like the still one, so that a mount can switch
between them at any keyframe.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from gateway.simulator.drawing import BLACK, Image, Sprite, bricks, car, draw_text, fill_polygon, gradient, person

WIDTH, HEIGHT, FPS = 1280, 720, 10
KEYFRAME_SECONDS = 2
STILL_SECONDS = 3 * KEYFRAME_SECONDS
NOISE_FIELDS = 7
"""Coprime to the pictures of a keyframe interval; otherwise all keyframes would have the same noise."""
NOISE = 1.2
"""Standard deviation of the sensor noise, in grey levels."""

KNOWN_PLATE, UNKNOWN_PLATE = "苏M5K628", "苏E9T307"

Draw = Callable[[Image, float], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene of a camera, of `seconds` length."""

    name: str
    camera: str
    seconds: int
    background: Callable[[], Image]
    draw: Draw
    size: tuple[int, int] = (WIDTH, HEIGHT)

    def pictures(self) -> Iterator[Image]:
        """Every picture, BGR, with noise and the camera's caption."""
        background = self.background()
        noise = _noise()
        for index in range(self.seconds * FPS):
            image = background.copy()
            self.draw(image, index / FPS)
            image = np.asarray(cv2.add(image, noise[index % NOISE_FIELDS], dtype=cv2.CV_8U), np.uint8)
            _caption(image, self.camera, index // FPS)
            yield image if self.size == (WIDTH, HEIGHT) else np.asarray(cv2.resize(image, self.size), np.uint8)


@cache
def _noise() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.normal(0, NOISE, (HEIGHT, WIDTH, 3)).astype(np.int16) for _ in range(NOISE_FIELDS)]


def _caption(image: Image, camera: str, second: int) -> None:
    for offset, colour in ((2, BLACK), (0, (255, 255, 255))):
        draw_text(image, f"{camera}  +{second:02d}s", (32 + offset, 52 + offset), 30, colour)


def gate() -> Image:
    """Background: the pedestrian gate."""
    image = gradient(WIDTH, HEIGHT, (222, 205, 180), (205, 200, 190))
    bricks(image, 170, 470, (120, 135, 165))
    fill_polygon(image, [(0, 470), (WIDTH, 470), (WIDTH, HEIGHT), (0, HEIGHT)], (140, 140, 138))
    fill_polygon(image, [(430, 470), (850, 470), (1150, HEIGHT), (130, HEIGHT)], (165, 163, 160))
    cv2.rectangle(image, (430, 110), (850, 470), (60, 55, 50), -1)
    cv2.rectangle(image, (450, 190), (830, 470), (190, 188, 180), -1)
    for x in (400, 850):
        cv2.rectangle(image, (x, 90), (x + 34, 480), (95, 100, 105), -1)
    draw_text(image, "西子御园 · 东门", (505, 165), 40, (150, 220, 240))
    return image


def lane() -> Image:
    """Background: the car lane."""
    image = gradient(WIDTH, HEIGHT, (215, 200, 185), (175, 172, 168))
    for x, radius in ((90, 120), (260, 90), (1040, 100), (1200, 130)):
        cv2.circle(image, (x, 170), radius, (80, 125, 85), -1, cv2.LINE_AA)
    fill_polygon(image, [(520, 230), (760, 230), (1280, 640), (1280, 720), (0, 720), (0, 640)], (112, 110, 108))
    fill_polygon(image, [(0, 230), (520, 230), (0, 640)], (110, 150, 120))
    fill_polygon(image, [(760, 230), (1280, 230), (1280, 640)], (110, 150, 120))
    cv2.rectangle(image, (1090, 330), (1150, 660), (60, 150, 235), -1)
    draw_text(image, "入口", (1082, 320), 36, (40, 60, 160))
    return image


def fence() -> Image:
    """Background: the wall at night."""
    image = gradient(WIDTH, HEIGHT, (92, 74, 58), (72, 66, 60))
    cv2.circle(image, (1050, 110), 42, (190, 205, 210), -1, cv2.LINE_AA)
    bricks(image, 300, 640, (84, 88, 100))
    cv2.rectangle(image, (0, 284), (WIDTH, 304), (100, 104, 110), -1)
    for x in range(40, WIDTH, 160):
        cv2.line(image, (x, 200), (x, 290), (120, 122, 124), 6)
    for y in (210, 232, 254, 276):
        cv2.line(image, (0, y), (WIDTH, y), (135, 138, 140), 1, cv2.LINE_AA)
    fill_polygon(image, [(0, 640), (WIDTH, 640), (WIDTH, HEIGHT), (0, HEIGHT)], (60, 74, 62))
    return image


def garage() -> Image:
    """Background: the garage."""
    image = gradient(WIDTH, HEIGHT, (130, 130, 128), (95, 95, 94))
    for x in range(60, WIDTH, 300):
        cv2.rectangle(image, (x, 90), (x + 60, 560), (165, 165, 160), -1)
        cv2.rectangle(image, (x, 420), (x + 60, 560), (40, 190, 225), -1)
        draw_text(image, f"B{x // 300 + 1}", (x + 6, 400), 40, (60, 60, 60))
    return image


def _draw_nothing(_image: Image, _at: float) -> None:
    """For a still scene."""


def _interpolate(time: float, *points: tuple[float, float]) -> float:
    """The value at `time`, linear between points (second, value)."""
    return float(np.interp(time, [second for second, _ in points], [value for _, value in points]))


def _walk_scene(sprite: Sprite) -> Draw:
    """A person comes through the gate, stands before the reader, and leaves past the camera."""

    def draw(image: Image, time: float) -> None:
        scale = _interpolate(time, (0.5, 0.22), (3.0, 0.72), (7.0, 0.76), (8.5, 0.95))
        centre = _interpolate(time, (0.5, 640), (3.0, 640), (7.0, 650), (9.0, 1750)) + 6 * math.sin(time * 6) * (
            time < 3
        )
        foot = _interpolate(time, (0.5, 480), (3.0, 790), (7.0, 800), (8.5, 900)) + 4 * abs(math.sin(time * 6))
        if time > 0.5:
            sprite.draw(image, centre, foot, scale)

    return draw


def _drive_scene(sprite: Sprite) -> Draw:
    """A car comes up the lane, stops before the barrier, and drives out of the picture."""

    def draw(image: Image, time: float) -> None:
        scale = _interpolate(time, (0.5, 0.12), (3.5, 0.8), (7.5, 0.8), (9.0, 1.5))
        centre = _interpolate(time, (0.5, 640), (3.5, 620), (7.5, 620), (9.0, 560))
        foot = _interpolate(time, (0.5, 262), (3.5, 690), (7.5, 690), (9.2, 1900))
        if time > 0.5:
            sprite.draw(image, centre, foot, scale)

    return draw


def _draw_climber(image: Image, time: float) -> None:
    """A figure runs up to the wall, climbs it and disappears behind it."""
    x = _interpolate(time, (0.5, -80), (3.0, 600), (9.5, 660))
    y = _interpolate(time, (0.5, 560), (3.0, 560), (7.0, 250), (8.0, 225), (9.5, 420))
    swing = math.sin(time * 8)
    dark, limb = (34, 34, 40), 26
    if not 0.5 < time < 9.3:
        return
    # Beyond the top, the wall hides the figure.
    behind = image[304:640].copy() if time > 8 else None
    reach = -70 if time > 3 else 40
    for side in (-1, 1):
        hand = (x + side * 42, y - 60 + reach + side * swing * 28)
        knee = (x + side * 34, y + 120 + side * swing * 34)
        for start, end in (((x, y - 40), hand), ((x, y + 50), knee)):
            cv2.line(image, tuple(map(round, start)), tuple(map(round, end)), dark, limb, cv2.LINE_AA)
    cv2.ellipse(image, (round(x), round(y)), (44, 78), 0, 0, 360, dark, -1, cv2.LINE_AA)
    cv2.circle(image, (round(x), round(y - 100)), 34, dark, -1, cv2.LINE_AA)
    if behind is not None:
        image[304:640] = behind


def scenes() -> dict[str, Scene]:
    """Every scene by name; `X-still` is what camera X shows while nothing happens."""
    moss, navy, red, grey = (96, 128, 66), (112, 76, 46), (58, 58, 176), (150, 146, 142)
    each = (
        Scene("gate-still", "东门人行", STILL_SECONDS, gate, _draw_nothing),
        Scene("gate-resident", "东门人行", 10, gate, _walk_scene(person("collins", moss))),
        Scene("gate-watchlisted", "东门人行", 10, gate, _walk_scene(person("hopper", navy))),
        Scene("lane-still", "东门车道", STILL_SECONDS, lane, _draw_nothing),
        Scene("lane-known", "东门车道", 10, lane, _drive_scene(car(KNOWN_PLATE, red))),
        Scene("lane-unknown", "东门车道", 10, lane, _drive_scene(car(UNKNOWN_PLATE, grey))),
        Scene("fence-still", "北围墙", STILL_SECONDS, fence, _draw_nothing),
        Scene("fence-climb", "北围墙", 10, fence, _draw_climber),
        Scene("extra-still", "地下车库", STILL_SECONDS, garage, _draw_nothing, (640, 360)),
    )
    return {scene.name: scene for scene in each}
