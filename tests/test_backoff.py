"""Delays between attempts."""

from __future__ import annotations

import pytest

from gateway.backoff import ExponentialBackoff


def test_delays_double_up_to_the_maximum_and_start_again_after_a_reset() -> None:
    backoff = ExponentialBackoff(1, 10)
    assert [backoff.next_delay() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next_delay() == 1


def test_a_minimum_counts_for_the_delays_after_it_too() -> None:
    backoff = ExponentialBackoff(0.5, 60)
    assert [backoff.next_delay(min_s=10), backoff.next_delay()] == [10, 20]


def test_jitter_spreads_the_delays_within_its_bounds() -> None:
    delays = {ExponentialBackoff(10, 60, jitter=(0.5, 1.0)).next_delay() for _ in range(50)}
    assert len(delays) > 1
    assert all(5 <= delay <= 10 for delay in delays)


def test_a_minimum_above_the_maximum_is_respected_once() -> None:
    backoff = ExponentialBackoff(1, 5)
    assert [backoff.next_delay(min_s=8), backoff.next_delay()] == [8, pytest.approx(5)]
