"""A fire lane kept blocked: pictures of a courtyard at the pace of keyframes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from gateway.vision.motion.blocked import Blocked
from gateway.vision.motion.layout import Zone
from gateway.vision.motion.trespass import Notice
from tests.support.film.actors import Car
from tests.support.film.scenes import HEIGHT, WIDTH, Picture, courtyard
from tests.support.film.weather import Weather, cloud, dusk, noise

LANE = Zone("lane", ((0.3, 0.6), (0.7, 0.6), (0.75, 0.95), (0.25, 0.95)), blocked=120.0)
Draw = Callable[[Picture, float], None]


def watch(draw: Draw, seconds: float, weather: Weather | None = None) -> list[tuple[float, Notice]]:
    blocked, grainy, told = Blocked(LANE), noise(3), []
    for number in range(round(seconds / 10)):
        time, picture = number * 10.0, courtyard().copy()
        draw(picture, time)
        picture = grainy(weather(picture, time) if weather else picture, time)
        luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        told += [(time, notice) for notice in blocked.see(luma, time)]
    return told


def parked(start: float, end: float, paint: tuple[int, int, int] = (180, 180, 185)) -> Draw:
    car = Car(start - 4, start, 320, paint, stays=True)

    def draw(picture: Picture, time: float) -> None:
        if start <= time < end:
            car.draw(picture, time)

    return draw


def test_a_car_that_stays_is_told_after_its_time_and_when_it_is_gone() -> None:
    (told, first), (over, second) = watch(parked(60, 400), 500)
    assert first.data["event"] == "blocked"
    assert first.data["zone"] == "lane"
    assert 180 <= told <= 220
    assert second.data["event"] == "cleared"
    assert 400 <= over <= 440


def test_a_dark_car_is_seen_as_well() -> None:
    assert len(watch(parked(60, 400, (60, 55, 50)), 390)) == 1


def test_who_stops_for_a_minute_blocks_nothing() -> None:
    assert watch(parked(60, 120), 400) == []


def test_traffic_that_never_ends_blocks_nothing() -> None:
    chance = np.random.default_rng(3)

    def traffic(picture: Picture, _: float) -> None:
        start = float(chance.uniform(0, 3))
        Car(0, 3, float(chance.uniform(280, 340)), (40, 50, 160)).draw(picture, start)

    assert watch(traffic, 600) == []


def test_a_shadow_and_the_light_block_nothing() -> None:
    def shadow(picture: Picture, time: float) -> None:
        if time > 60:
            corners = np.array([[int(WIDTH * 0.2), HEIGHT], [int(WIDTH * 0.5), 200], [WIDTH, 200], [WIDTH, HEIGHT]])
            shade = np.zeros(picture.shape[:2], np.uint8)
            cv2.fillPoly(shade, [corners.astype(np.int32)], 1)
            picture[shade > 0] = (picture[shade > 0] * 0.55).astype(np.uint8)

    assert watch(shadow, 500) == []
    assert watch(lambda *_: None, 600, cloud(200, 0.4)) == []
    assert watch(lambda *_: None, 600, lambda picture, time: dusk(0.45)(picture, time) if time > 200 else picture) == []
