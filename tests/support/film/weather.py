"""What lies between scene and lens: light, noise, rain, wind. Each changes a picture of one moment."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.support.film.scenes import HEIGHT, WIDTH, Picture

Weather = Callable[[Picture, float], Picture]
"""A picture and the time in seconds; returns it changed."""


def noise(strength: float, seed: int = 5) -> Weather:
    """The grain of a sensor, of this standard deviation."""
    chance = np.random.default_rng(seed)

    def grainy(picture: Picture, _: float) -> Picture:
        field = np.roll(_fields(round(strength * 10))[chance.integers(8)], tuple(chance.integers(0, 300, 2)), (0, 1))
        return np.asarray(cv2.add(picture, cv2.merge([field] * 3), dtype=cv2.CV_8U), np.uint8)

    return grainy


@cache
def _fields(tenths: int) -> list[NDArray[np.int16]]:
    chance = np.random.default_rng(tenths)
    return [chance.normal(0, tenths / 10, (HEIGHT, WIDTH)).round().astype(np.int16) for _ in range(8)]


def dusk(gain: float = 0.4) -> Weather:
    return lambda picture, _: _lit(picture, gain)


def cloud(period: float = 30.0, depth: float = 0.35) -> Weather:
    """The sun comes and goes."""
    return lambda picture, time: _lit(picture, 1 - depth * (0.5 - 0.5 * np.cos(2 * np.pi * time / period)))


def lamp(times: tuple[float, ...], gain: float = 0.6) -> Weather:
    """A lamp over one half of the picture, switched at these times; it fades over a metre or two."""
    ramp = np.clip((np.arange(WIDTH) - WIDTH * 0.4) / 120, 0, 1)
    dimmed = np.broadcast_to((1 - (1 - gain) * ramp)[None, :, None], (HEIGHT, WIDTH, 3)).astype(np.float32)

    def switched(picture: Picture, time: float) -> Picture:
        off = sum(time >= at for at in times) % 2 == 1
        return np.asarray(cv2.multiply(picture, dimmed, dtype=cv2.CV_8U), np.uint8) if off else picture

    return switched


def whole_lamp(times: tuple[float, ...], gain: float = 0.5) -> Weather:
    """All the light there is, switched."""
    return lambda picture, time: _lit(picture, gain) if sum(time >= at for at in times) % 2 else picture


def infrared(at: float, strength: float = 6.0) -> Weather:
    """From `at` on it is night: no colour, a spot of light in the middle, more grain."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    away = np.hypot((columns - WIDTH / 2) / WIDTH, (rows - HEIGHT / 2) / HEIGHT)
    spot = (1.25 - 1.3 * away).clip(0.25, 1.3).astype(np.float32)
    grainy = noise(strength)

    def night(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        leaves = picture[..., 1] > gray + 8
        seen = (gray.astype(np.float32) + 45 * leaves) * spot
        return grainy(np.asarray(cv2.cvtColor(seen.clip(0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR), np.uint8), time)

    return night


def rain(drops: int = 150, seed: int = 9, since: float = 0.0) -> Weather:
    """Streaks that are elsewhere in every picture, and a veil."""
    chance = np.random.default_rng(seed)

    def wet(picture: Picture, time: float) -> Picture:
        if time < since:
            return picture
        streaks = np.zeros((HEIGHT, WIDTH), np.uint8)
        fallen = chance.integers([0, 0, 8, 40], [WIDTH, HEIGHT, 26, 110], (drops, 4))
        for x, y, length, bright in fallen.tolist():
            cv2.line(streaks, (x, y), (x + length // 6, y + length), bright, 1, cv2.LINE_AA)
        return np.asarray(cv2.add(picture, cv2.merge([cv2.blur(streaks, (2, 3))] * 3)), np.uint8)

    return wet


def wind(pixels: float = 2.0, period: float = 1.7) -> Weather:
    """The trees sway, all below the roofs and above the ground."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    leafy = np.exp(-(((rows - 108) / 26) ** 2)) * sum(np.exp(-(((columns - x) / 24) ** 2)) for x in (8, 213, 423, 618))

    def swaying(picture: Picture, time: float) -> Picture:
        gust = pixels * (np.sin(2 * np.pi * time / period) + 0.5 * np.sin(2 * np.pi * time / period * 2.7))
        moved = cv2.remap(picture, (columns + gust * leafy).astype(np.float32), rows, cv2.INTER_LINEAR)
        return np.asarray(moved, np.uint8)

    return swaying


def shake(pixels: float, degrees: float = 0.0, hertz: float = 2.3) -> Weather:
    """The pole sways and turns, never twice alike."""

    def shaken(picture: Picture, time: float) -> Picture:
        phase = 2 * np.pi * hertz * time
        turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees * float(np.sin(0.73 * phase)), 1.0)
        turn[:, 2] += (pixels * np.sin(phase), pixels * np.sin(1.37 * phase + 1))
        moved = cv2.warpAffine(picture, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        return np.asarray(moved, np.uint8)

    return shaken


def thread(
    ends: tuple[tuple[float, float], tuple[float, float]] = ((0, 60), (640, 290)),
    sway: float = 10.0,
    thick: int = 3,
    shade: int = 230,
    period: float = 3.1,
) -> Weather:
    """A spider's thread before the lens, out of focus, which sways between its ends."""
    (x1, y1), (x2, y2) = ends
    share = np.linspace(0, 1, 60)

    def drawn(picture: Picture, time: float) -> Picture:
        swung = sway * np.sin(2 * np.pi * (time / period + share * 0.7)) + 18 * np.sin(np.pi * share)
        points = np.stack([x1 + (x2 - x1) * share, y1 + (y2 - y1) * share + swung], axis=1)
        cover = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.polylines(cover, [np.round(points).astype(np.int32)], isClosed=False, color=255, thickness=thick)
        soft = np.asarray(cv2.GaussianBlur(cover, (0, 0), 1.2), np.float32)[..., None] / 255 * 0.8
        return np.asarray(picture * (1 - soft) + shade * soft, np.uint8)

    return drawn


def _lit(picture: Picture, gain: float) -> Picture:
    return np.asarray(cv2.convertScaleAbs(picture, alpha=float(gain)), np.uint8)
