"""What the sizes of packets alone can tell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gateway.vision.motion.size_gate import LearningRate, SizeGate

RATE = 25
Size = Callable[[int], float]


def deviations(
    size: Size, seconds: float, *, group: float = 2.0, sizes: SizeGate | None = None
) -> list[tuple[float, float]]:
    """Time and deviations of each judgement; the first two seconds were looked at, and nothing moved."""
    sizes, judged = sizes or SizeGate(), []
    for number in range(round(seconds * RATE)):
        time = number / RATE
        key = number % round(group * RATE) == 0
        rate = LearningRate.FAST if time < 2 else LearningRate.SLOW
        if sizes.add_packet(time, key=key, size=30_000 if key else round(size(number)), rate=rate):
            judged.append((time, sizes.deviation))
    return judged


def highest(judged: list[tuple[float, float]], start: float, end: float) -> float:
    return max(value for time, value in judged if start <= time < end)


def chance() -> np.random.Generator:
    return np.random.default_rng(4)


def noisy(usual: float, spread: float = 0.08) -> Size:
    grain = chance()
    return lambda _: usual * float(np.exp(grain.normal(0, spread)))


@pytest.mark.parametrize("group", [2.0, 10.0])
def test_a_walker_in_a_calm_scene_stands_out(group: float) -> None:
    calm = noisy(400)
    judged = deviations(lambda n: calm(n) + (160 if 40 * RATE <= n < 45 * RATE else 0), 60, group=group)
    assert highest(judged, 40, 41) > 4
    assert highest(judged, 15, 39) < 4


def test_the_pattern_of_b_frames_is_usual() -> None:
    grain = noisy(1)
    size: Size = lambda n: (900, 60, 30, 30)[n % 4] * grain(n)  # noqa: E731 -- as short as the others
    judged = deviations(lambda n: size(n) + (60 if n >= 40 * RATE else 0), 50)
    assert highest(judged, 15, 39) < 4
    assert highest(judged, 40, 41) > 8


def test_frames_behind_a_keyframe_may_cost_more() -> None:
    calm = noisy(300, 0.05)
    judged = deviations(lambda n: calm(n) * (2.5 if n % 50 < 12 else 1), 120)
    assert highest(judged, 100, 120) < 5


def test_a_quantiser_that_wavers_is_usual() -> None:
    grain, wavers = noisy(1, 0.05), chance()
    judged = deviations(
        lambda n: grain(n) * (180 if wavers.random() < 0.6 else 550) + (200 if n >= 60 * RATE else 0), 70
    )
    assert highest(judged, 60, 61.2) > 1.5 * highest(judged, 20, 59)


def test_what_becomes_louder_for_good_is_usual_once_somebody_looked() -> None:
    sizes, grain = SizeGate(), noisy(400)
    for number in range(200 * RATE):
        time = number / RATE
        louder = 3 if time > 30 else 1
        rate = LearningRate.FAST if sizes.deviation > 5 else LearningRate.SLOW
        sizes.add_packet(time, key=number % 50 == 0, size=round(grain(number) * louder), rate=rate)
        if 31 < time < 32:
            assert sizes.deviation > 5
        assert time < 60 or sizes.deviation < 5


def test_skipped_blocks_of_a_dead_scene_are_no_scale() -> None:
    grain = chance()
    assert highest(deviations(lambda _: 30 + int(grain.integers(0, 4)), 60), 10, 60) < 4


@pytest.mark.parametrize("rate", [5, 12, 30])
def test_any_rate_is_judged_within_half_a_second_or_two_frames(rate: int) -> None:
    sizes, grain = SizeGate(), noisy(500)
    for number in range(30 * rate):
        sizes.add_packet(number / rate, key=number % (2 * rate) == 0, size=round(grain(number)), rate=LearningRate.FAST)
    frames = 0
    while sizes.deviation < 4 and frames < 2 * rate:
        sizes.add_packet(30 + frames / rate, key=False, size=1500, rate=LearningRate.NONE)
        frames += 1
    assert frames <= max(2, 0.5 * rate)
