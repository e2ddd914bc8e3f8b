"""A fire lane kept blocked: pictures of a courtyard at the pace of keyframes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from gateway.vision.motion.blocked_zone import BlockedZoneDetector
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.scene_layout import ImageZone
from tests.support.film.actors import Car
from tests.support.film.scenes import HEIGHT, WIDTH, Picture, courtyard
from tests.support.film.weather import Weather, cloud, dusk, noise

LANE = ImageZone("lane", ((0.3, 0.6), (0.7, 0.6), (0.75, 0.95), (0.25, 0.95)), blocked_after=120.0)
Draw = Callable[[Picture, float], None]


def watch(
    draw: Draw, seconds: float, weather: Weather | None = None, zone: ImageZone = LANE
) -> list[tuple[float, Observation]]:
    blocked, grainy, reported = BlockedZoneDetector(zone), noise(3), []
    for number in range(round(seconds / 10)):
        time, picture = number * 10.0, courtyard().copy()
        draw(picture, time)
        picture = grainy(weather(picture, time) if weather else picture, time)
        luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        reported += [(time, notice) for notice in blocked.update(luma, time)]
    return reported


def parked(start: float, end: float, paint: tuple[int, int, int] = (180, 180, 185)) -> Draw:
    car = Car(start - 4, start, 320, paint, stays=True)

    def draw(picture: Picture, time: float) -> None:
        if start <= time < end:
            car.draw(picture, time)

    return draw


def test_a_car_that_stays_is_told_after_its_time_and_when_it_is_gone() -> None:
    (reported, first), (over, second) = watch(parked(60, 400), 500)
    assert first.data["event"] == "blocked"
    assert first.data["zone"] == "lane"
    assert 180 <= reported <= 220
    assert second.data["event"] == "cleared"
    assert 400 <= over <= 440


def test_a_dark_car_is_seen_as_well() -> None:
    assert len(watch(parked(60, 400, (60, 55, 50)), 390)) == 1


def test_who_stops_for_a_minute_blocks_nothing() -> None:
    assert watch(parked(60, 120), 400) == []


def test_traffic_that_never_ends_blocks_nothing() -> None:
    client_nonce = np.random.default_rng(3)

    def traffic(picture: Picture, _: float) -> None:
        start = float(client_nonce.uniform(0, 3))
        Car(0, 3, float(client_nonce.uniform(280, 340)), (40, 50, 160)).draw(picture, start)

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


WHOLE = ImageZone("whole lane", ((0.39, 0.37), (0.61, 0.37), (0.97, 1.0), (0.09, 1.0)), blocked_after=30.0)
"""A fire lane drawn whole: a third of the picture."""


@pytest.mark.parametrize("foot", [200, 230, 280, 340])
@pytest.mark.parametrize("paint", [(230, 230, 230), (105, 105, 108), (40, 40, 40), (40, 40, 160)])
def test_a_car_anywhere_in_a_lane_drawn_whole_is_told(foot: int, paint: tuple[int, int, int]) -> None:
    """It fills 5 to 26 % of the lane; grey as the road, too."""
    car = Car(57, 60, foot, paint, stays=True)
    reported = watch(lambda picture, time: car.draw(picture, time) if 60 <= time < 147 else None, 240, zone=WHOLE)
    assert [notice.data["event"] for _, notice in reported] == ["blocked", "cleared"]
    assert 90 <= reported[0][0] <= 100


def test_what_is_smaller_than_the_zone_s_share_blocks_nothing() -> None:
    def box(picture: Picture, time: float) -> None:
        if time >= 60:
            cv2.rectangle(picture, (290, 250), (380, 310), (190, 190, 190), -1)

    assert len(watch(box, 150, zone=WHOLE)) == 1
    assert watch(box, 150, zone=replace(WHOLE, blocked_share=0.15)) == []


@pytest.mark.parametrize("gain", [0.45, 0.65, 1.5], ids=["shadow", "pale-shadow", "sun"])
@pytest.mark.parametrize(
    "corners",
    [
        [(100, 250), (560, 235), (560, 250), (100, 268)],
        [(60, 230), (600, 215), (600, 255), (60, 280)],
        [(250, 220), (300, 200), (360, 230), (420, 260), (380, 300), (300, 290), (240, 270)],
    ],
    ids=["pole", "wall", "tree"],
)
def test_light_that_falls_on_the_lane_and_stays_blocks_nothing(gain: float, corners: list[tuple[int, int]]) -> None:
    lit = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(lit, [np.array(corners, np.int32)], 255)
    share = np.asarray(cv2.GaussianBlur(lit, (0, 0), 1), np.float32)[..., None] / 255

    def fall(picture: Picture, time: float) -> None:
        if time >= 60:
            picture[:] = (picture * (1 - share + share * gain)).clip(0, 255).astype(np.uint8)

    assert watch(fall, 240, zone=WHOLE) == []


def test_leaves_that_sway_in_the_sun_block_nothing() -> None:
    client_nonce = np.random.default_rng(1)

    def dapple(picture: Picture, time: float) -> None:
        shade = np.ones((HEIGHT, WIDTH), np.float32)
        for x, y, size in client_nonce.integers([100, 180, 3], [500, 340, 12], (60, 3)).tolist():
            cv2.circle(shade, (x, y), size, 0.55, -1)
        if time >= 60:
            picture[:] = (picture * shade[..., None]).astype(np.uint8)

    assert watch(dapple, 300, zone=WHOLE) == []
