"""What an installer may draw, and what is refused with a mend."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.vision.motion.scene_layout import ImageZone, SceneLayout, Tripwire
from gateway.vision.settings.layout import LayoutSettings

LANE = [[0.1, 0.5], [0.6, 0.5], [0.6, 0.9]]


def settings(**said: Any) -> LayoutSettings:
    return LayoutSettings.model_validate(said)


def test_all_that_can_be_drawn() -> None:
    drawn = settings(
        zones=[
            {"name": "消防通道", "polygon": LANE, "blocked": "3m"},
            {"name": "gate", "polygon": LANE, "linger": "90s"},
        ],
        masks=[[[0, 0], [0.2, 0], [0.2, 0.1]]],
        lines=[{"name": "wall", "points": [[0, 0.5], [1, 0.5]], "direction": "left_to_right"}],
        elsewhere=False,
        thrown=True,
    ).layout()
    polygon = ((0.1, 0.5), (0.6, 0.5), (0.6, 0.9))
    assert drawn.zones == (ImageZone("消防通道", polygon, None, 180.0), ImageZone("gate", polygon, 90.0, None))
    assert drawn.masks == (((0.0, 0.0), (0.2, 0.0), (0.2, 0.1)),)
    assert drawn.lines == (Tripwire("wall", ((0.0, 0.5), (1.0, 0.5)), "left_to_right"),)
    assert (drawn.outside_zones, drawn.thrown_objects) == (False, True)


def test_nothing_drawn_is_the_whole_picture() -> None:
    assert settings().layout() == SceneLayout()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"zones": [{"name": "a", "polygon": [[0, 0], [1, 1]]}]}, "at least 3"),
        ({"zones": [{"name": "a", "polygon": [[0, 0], [0.5, 0.5], [1, 1]]}]}, "on one line"),
        ({"zones": [{"name": "a", "polygon": [[0, 0], [0.5, 0], [320, 180]]}]}, "less than or equal to 1"),
        ({"zones": [{"name": "a", "polygon": LANE}, {"name": "a", "polygon": LANE}]}, "two zones are called 'a'"),
        ({"masks": [[[0, 0], [0.5, 0.5], [1, 1]]]}, "on one line"),
        ({"lines": [{"name": "l", "points": [[0.5, 0.5], [0.5, 0.5]]}]}, "draw them apart"),
        ({"elsewhere": False}, "draw a zone"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        settings(**said)


def test_a_layout_tells_which_pictures_it_needs() -> None:
    assert not SceneLayout().needs_every_picture
    assert not settings(zones=[{"name": "lane", "polygon": LANE, "blocked": "3m"}]).layout().needs_every_picture
    assert settings(zones=[{"name": "lane", "polygon": LANE, "linger": "3m"}]).layout().needs_every_picture
    assert settings(zones=[{"name": "lane", "polygon": LANE}]).layout().needs_every_picture
    assert settings(lines=[{"name": "wall", "points": [[0, 0.5], [1, 0.5]]}]).layout().needs_every_picture
