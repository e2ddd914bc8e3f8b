"""What is spent on looking where nothing is known to move."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.vision.lookers import GLANCE, LONGEST, SHARE, Lookers


class Camera:
    """What a looker asks of a camera's look; `every` is how often it was told to glance."""

    looks, glances, glanced, dropped = True, 0, 0.0, 0

    def steps(self, _keys: object) -> Iterator[bool]:
        while True:
            yield False

    def glance(self, every: float) -> None:
        self.every = every


def house(cameras: int) -> tuple[Lookers, list[Camera]]:
    lookers, looks = Lookers(threads=2), [Camera() for _ in range(cameras)]
    for look in looks:
        lookers.add(look, lambda: None)  # type: ignore[arg-type]
    return lookers, looks


def test_all_cameras_together_cost_the_share_that_was_given() -> None:
    lookers, looks = house(100)
    assert looks[0].every == GLANCE * 100 / SHARE
    lookers.spend(0.1)
    assert {look.every for look in looks} == {GLANCE * 100 / 0.1}
    lookers.spend(0.001)
    assert looks[0].every == LONGEST
