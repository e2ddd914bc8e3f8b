"""The bucket that leaks: time is advanced, not slept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.errors import TooMany
from gateway.limits import RateLimit, network


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_at_once_then_one_after_the_other():
    time = Time()
    throttle = RateLimit(5, timedelta(seconds=50), time)
    for _ in range(5):
        throttle.take("a")
    with pytest.raises(TooMany) as refused:
        throttle.take("a")
    assert refused.value.retry_after == pytest.approx(10)
    throttle.take("b")
    time.now += 9.9
    with pytest.raises(TooMany):
        throttle.take("a")
    time.now += 0.2
    throttle.take("a")
    with pytest.raises(TooMany):
        throttle.take("a")


def test_what_is_given_back_was_never_taken():
    throttle = RateLimit(1, timedelta(hours=1), Time())
    for _ in range(10):
        throttle.take("a")
        throttle.give_back("a")


def test_it_keeps_no_more_than_it_may(monkeypatch):
    monkeypatch.setattr("gateway.limits._MOST_KEYS", 100)
    throttle = RateLimit(1, timedelta(hours=1), Time())
    for key in range(1000):
        throttle.take(key)
    assert len(throttle._buckets) == 100


@pytest.mark.parametrize(
    ("address", "stands_for"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address", "no address"),
    ],
)
def test_one_host_of_ipv6_owns_a_network(address, stands_for):
    assert network(address) == stands_for
