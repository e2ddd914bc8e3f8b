"""Zones, lines and falls from end to end: a film through an encoder and the gates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from gateway.vision.file_motion import motion_events
from gateway.vision.motion.events import MotionEvent
from gateway.vision.motion.gates import MotionGates
from gateway.vision.motion.scene_layout import ImageZone, SceneLayout, Tripwire
from tests.support.film.actors import Actor, Car, Walker
from tests.support.film.film import Film, encode
from tests.support.film.scenes import HEIGHT, WIDTH, courtyard
from tests.support.film.weather import noise

LANE = ((0.3, 0.6), (0.7, 0.6), (0.75, 0.98), (0.25, 0.98))


def seen(folder: Path, seconds: float, actors: Sequence[Actor], layout: SceneLayout) -> list[MotionEvent]:
    film = Film("film", courtyard(), seconds, actors, [noise(3)])
    return list(motion_events(str(film.shoot(folder)), MotionGates(layout=layout)))


def test_who_crosses_a_line_and_who_stays_in_a_zone(tmp_path: Path) -> None:
    across = Walker(8, 15, ((60, 260), (520, 265)), (40, 40, 160))
    there, back = ((340, 302), (300, 300)), ((300, 300), (340, 302))
    about = [Walker(22 + 3 * n, 25 + 3 * n, back if n % 2 else there) for n in range(5)]
    line = Tripwire("wall", ((0.5, 1.0), (0.5, 0.3)))
    reported = seen(
        tmp_path, 42, [across, *about], SceneLayout((ImageZone("lane", LANE, loiter_after=8.0),), (), (line,))
    )
    crossed = [event for event in reported if event.data.get("event") == "crossed"]
    assert crossed[0].data == {"event": "crossed", "line": "wall", "direction": "left_to_right"}
    assert crossed[0].start == pytest.approx(12, abs=0.6)
    (lingered,) = [event for event in reported if event.data.get("event") == "lingered"]
    assert lingered.start == pytest.approx(22, abs=1.5)
    zones = [event.data.get("zone") for event in reported if event.kind == "motion.started"]
    assert zones[0] is None
    assert "lane" in zones


def test_a_car_that_stays_in_the_lane(tmp_path: Path) -> None:
    reported = seen(
        tmp_path,
        60,
        [Car(10, 14, 330, (190, 190, 195), stays=True)],
        SceneLayout((ImageZone("lane", LANE, blocked_after=25.0),)),
    )
    (blocked,) = [event for event in reported if event.kind == "object.seen"]
    assert blocked.data["event"] == "blocked"
    assert 12 <= blocked.start <= 24


def test_what_falls_from_a_window(tmp_path: Path) -> None:
    wall, grainy = np.full((HEIGHT, WIDTH, 3), 160, np.uint8), noise(2)
    for y in range(15, HEIGHT, 40):
        cv2.rectangle(wall, (0, y), (WIDTH, y + 20), (95, 90, 85), -1)

    def picture(time: float) -> np.ndarray:
        now, y = wall.copy(), 0.05 + 0.3 * (time - 8) ** 2
        if time >= 8 and y < 1:
            cv2.circle(now, (300, round(y * HEIGHT)), 5, (20, 20, 25), -1, cv2.LINE_AA)
        return np.asarray(grainy(now, time))

    path = encode(tmp_path / "wall.mp4", (picture(number / 25) for number in range(14 * 25)))
    reported = [
        event
        for event in motion_events(str(path), MotionGates(layout=SceneLayout(thrown_objects=True)))
        if event.kind == "object.seen"
    ]
    assert [event.data["event"] for event in reported] == ["thrown"]
    assert reported[0].start == pytest.approx(8.6, abs=0.6)
