"""Lines crossed and zones lingered in: by patches, and once from pictures through the gates."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.vision.motion.blobs import Blob
from gateway.vision.motion.intrusion import IntrusionDetector, crossing_direction
from gateway.vision.motion.observation import Observation
from gateway.vision.motion.scene_layout import ImageZone, SceneLayout, Tripwire

UPRIGHT = Tripwire("wall", ((0.5, 0.9), (0.5, 0.1)))
"""From the bottom to the top: its left is the picture's left."""
LANE = ImageZone("lane", ((0.4, 0.4), (0.8, 0.4), (0.8, 0.9), (0.4, 0.9)), loiter_after=20.0)
Way = Callable[[float], list[tuple[float, float]]]


def blob(x: float, foot: float) -> Blob:
    return Blob((x - 0.02, foot - 0.15, 0.04, 0.15), 0.005, moving=True)


def follow(layout: SceneLayout, path: Way, seconds: float) -> list[Observation]:
    detector = IntrusionDetector(layout)
    reported: list[Observation] = []
    for look in range(round(seconds / 0.2)):
        time = look * 0.2
        reported += detector.update([blob(*place) for place in path(time)], time)
    return reported


@pytest.mark.parametrize(("speed", "direction"), [(0.1, "left_to_right"), (-0.1, "right_to_left")])
def test_a_line_is_crossed_in_a_direction(speed: float, direction: str) -> None:
    start = 0.2 if speed > 0 else 0.8
    (notice,) = follow(SceneLayout(lines=(UPRIGHT,)), lambda time: [(start + speed * time, 0.6)], 6)
    assert notice.data == {"event": "crossed", "line": "wall", "direction": direction}
    assert notice.start == pytest.approx(3.1, abs=0.3)


def test_only_the_direction_that_is_watched_is_told() -> None:
    line = Tripwire("wall", UPRIGHT.points, "right_to_left")
    assert follow(SceneLayout(lines=(line,)), lambda time: [(0.2 + 0.1 * time, 0.6)], 6) == []
    assert len(follow(SceneLayout(lines=(line,)), lambda time: [(0.8 - 0.1 * time, 0.6)], 6)) == 1


def test_who_walks_past_the_end_of_a_line_crosses_nothing() -> None:
    assert follow(SceneLayout(lines=(UPRIGHT,)), lambda time: [(0.2 + 0.1 * time, 0.98)], 6) == []


def test_two_who_meet_on_the_line_are_two() -> None:
    def path(time: float) -> list[tuple[float, float]]:
        return [(0.2 + 0.1 * time, 0.5), (0.8 - 0.1 * time, 0.8)]

    directions = {notice.data["direction"] for notice in follow(SceneLayout(lines=(UPRIGHT,)), path, 6)}
    assert directions == {"left_to_right", "right_to_left"}


def test_a_spark_on_the_line_is_nobody() -> None:
    def sparks(time: float) -> list[tuple[float, float]]:
        return [(0.47, 0.5)] if 2 <= time < 2.2 else [(0.53, 0.5)] if 2.2 <= time < 2.4 else []

    assert follow(SceneLayout(lines=(UPRIGHT,)), sparks, 5) == []


def test_left_and_right_are_those_of_who_faces_the_second_point() -> None:
    assert crossing_direction(Tripwire("", ((0, 1), (0, 0))), (-0.5, 0.5), (0.5, 0.5)) == "left_to_right"
    assert crossing_direction(Tripwire("", ((0, 0), (0, 1))), (-0.5, 0.5), (0.5, 0.5)) == "right_to_left"
    assert crossing_direction(Tripwire("", ((0, 0.5), (1, 0.5))), (0.5, 0.2), (0.5, 0.8)) == "left_to_right"


def test_who_stays_is_told_once() -> None:
    (notice,) = follow(SceneLayout(zones=(LANE,)), lambda time: [(0.6 + 0.01 * (time % 2), 0.7)], 60)
    assert notice.data["event"] == "lingered"
    assert notice.data["zone"] == "lane"
    assert notice.start == 0


def test_who_stands_still_for_a_while_is_still_there() -> None:
    def path(time: float) -> list[tuple[float, float]]:
        return [] if 6 < time < 16 else [(0.6, 0.7)]

    assert len(follow(SceneLayout(zones=(LANE,)), path, 30)) == 1


def test_many_who_pass_one_after_another_do_not_linger() -> None:
    def path(time: float) -> list[tuple[float, float]]:
        return [(0.1 * (time % 10), 0.7)] if time % 10 < 9.5 else []

    assert follow(SceneLayout(zones=(LANE,)), path, 90) == []


def test_outside_of_the_zone_nobody_lingers() -> None:
    assert follow(SceneLayout(zones=(LANE,)), lambda _: [(0.2, 0.7)], 60) == []


def test_a_layout_survives_the_way_to_the_worker() -> None:
    layout = SceneLayout(
        (LANE,), (((0.0, 0.0), (0.1, 0.0), (0.1, 0.1)),), (UPRIGHT,), outside_zones=False, thrown_objects=True
    )
    assert SceneLayout.from_json(layout.to_json()) == layout
