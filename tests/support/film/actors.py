"""Who appears in films: figures that walk, cars that drive, each drawn at a time upon a picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Protocol

import cv2
import numpy as np

from tests.support.film.scenes import HEIGHT, HORIZON, WIDTH, Picture

Colour = tuple[int, int, int]


class Actor(Protocol):
    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float: ...
    def draw(self, picture: Picture, time: float) -> None: ...


def scale_at(foot: float) -> float:
    """How tall a person is, in pixels, whose feet are at this row."""
    return 18 + (foot - HORIZON) / (HEIGHT - HORIZON) * 100


@dataclass(frozen=True)
class Walker:
    """Walks from one place to another; `start` is when it begins to be seen."""

    start: float
    end: float
    path: tuple[tuple[float, float], tuple[float, float]]
    coat: Colour = (60, 50, 120)
    trousers: Colour = (50, 45, 40)

    def draw(self, picture: Picture, time: float) -> None:
        if not self.start <= time < self.end:
            return
        part = (time - self.start) / (self.end - self.start)
        (x1, y1), (x2, y2) = self.path
        x, foot = x1 + (x2 - x1) * part, y1 + (y2 - y1) * part
        _figure(picture, (x, foot), scale_at(foot), (time - self.start) * 2 * pi * 0.9, (self.coat, self.trousers))


@dataclass(frozen=True)
class Car:
    """Drives across at one row, from left to right or back."""

    start: float
    end: float
    foot: float = 280.0
    paint: Colour = (150, 150, 155)
    leftward: bool = False
    stays: bool = False
    """It stops in the middle, half its way in `end - start`, and remains."""

    def draw(self, picture: Picture, time: float) -> None:
        if time < self.start or (time >= self.end and not self.stays):
            return
        length = scale_at(self.foot) * 2.4
        way = (WIDTH + length) * (0.5 if self.stays else 1.0)
        x = -length / 2 + way * min(1.0, (time - self.start) / (self.end - self.start))
        _car(picture, (WIDTH - x if self.leftward else x, self.foot), length, self.paint)


def _figure(
    picture: Picture, foot: tuple[float, float], tall: float, phase: float, clothes: tuple[Colour, Colour]
) -> None:
    x, y = foot
    hip, neck = y - tall * 0.48, y - tall * 0.84
    thick = max(2, round(tall * 0.11))
    for side in (0.0, pi):
        swing = sin(phase + side) * tall * 0.2
        _limb(picture, (x, hip), (x + swing, y - max(0.0, cos(phase + side)) * tall * 0.06), clothes[1], thick)
        _limb(picture, (x, neck + tall * 0.05), (x - swing * 0.8, hip), clothes[0], max(1, thick - 1))
    body = ((round(x), round((hip + neck) / 2)), (round(tall * 0.24), round(hip - neck)), 0)
    cv2.ellipse(picture, body, clothes[0], -1, cv2.LINE_AA)
    cv2.circle(
        picture, (round(x), round(y - tall * 0.92)), max(2, round(tall * 0.075)), (120, 150, 190), -1, cv2.LINE_AA
    )


def _limb(picture: Picture, one: tuple[float, float], other: tuple[float, float], colour: Colour, thick: int) -> None:
    ends = [(round(place[0]), round(place[1])) for place in (one, other)]
    cv2.line(picture, ends[0], ends[1], colour, thick, cv2.LINE_AA)


def _car(picture: Picture, foot: tuple[float, float], length: float, paint: Colour) -> None:
    x, y = foot
    high = length * 0.2
    dark = tuple(int(value * 0.45) for value in paint)
    _box(picture, (x - length / 2, y - high * 0.15), (x + length / 2, y), (25, 25, 25))
    _box(picture, (x - length / 2, y - high * 1.05), (x + length / 2, y - high * 0.2), paint)
    roof = [(-0.32, 1.0), (-0.2, 1.75), (0.18, 1.75), (0.34, 1.0)]
    corners = np.array([(x + length * across, y - high * up) for across, up in roof])
    cv2.fillPoly(picture, [np.round(corners).astype(np.int32)], dark, cv2.LINE_AA)
    for at in (-0.3, 0.3):
        cv2.circle(
            picture, (round(x + length * at), round(y - high * 0.2)), max(2, round(high * 0.35)), (20, 20, 20), -1
        )


def _box(picture: Picture, one: tuple[float, float], other: tuple[float, float], colour: Colour) -> None:
    corners = [(round(place[0]), round(place[1])) for place in (one, other)]
    cv2.rectangle(picture, corners[0], corners[1], colour, -1)
