"""The bucket that leaks: time is advanced, not slept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.errors import TooMany
from gateway.limits import ConnectionSlots, NoSlotFree, RateLimit, Refusal, RefusalLog, first_of_largest, network


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
        throttle.refund("a")


def test_it_keeps_no_more_than_it_may(monkeypatch):
    monkeypatch.setattr("gateway.limits.rate_limit._MAX_KEYS", 100)
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


def test_what_has_happened_is_counted_up_to_the_brim():
    time = Time()
    limit = RateLimit(5, timedelta(seconds=50), time)
    for _ in range(100):
        limit.count("a")
    assert limit.wait_for("a") == pytest.approx(10), "and no further: who was wrong a hundred times waits no longer"
    assert limit.wait_for("a", 6) > 0
    assert not limit.admits("a")
    time.now += 10
    assert limit.admits("a")


class Held:
    """A connection that holds a slot."""

    def __init__(self, heard_at: float = 0.0) -> None:
        self.heard_at = heard_at


def slots(most: int, quiet: float = 0.0, **each: int) -> ConnectionSlots[Held]:
    return ConnectionSlots[Held](most, lambda held: held.heard_at, quiet=quiet, clock=Time(), max_per_owner=each)


def test_the_one_longest_silent_of_the_owner_who_has_most_leaves():
    taken = slots(3)
    neighbour, first, second = Held(1), Held(5), Held(3)
    assert taken.take(neighbour, address="b") is None
    assert taken.take(first, address="a") is None
    assert taken.take(second, address="a") is None
    assert taken.take(Held(9), address="b") == (second, "all")
    assert list(taken)[:2] == [neighbour, first]


def test_an_owner_has_no_more_than_its_share_and_takes_from_itself():
    taken = slots(10, account=2)
    first, second, other = Held(1), Held(2), Held(0)
    for held, account in ((other, "b"), (first, "a"), (second, "a")):
        taken.take(held, account=account)
    assert taken.take(Held(3), account="a") == (first, "account")
    taken.release(second)
    taken.release(second)
    assert taken.take(Held(4), account="a") is None


def test_nobody_who_was_just_heard_leaves():
    taken = slots(1, quiet=60)
    taken.take(Held(Time.now - 59), address="a")
    with pytest.raises(NoSlotFree) as full:
        taken.take(Held(), address="b")
    assert full.value.limit == "all"
    assert len(taken) == 1


def test_of_those_who_have_most_the_first_is_found():
    assert first_of_largest([("a", 1), ("b", 1), ("b", 2), ("c", 1)], lambda key: key[0]) == ("b", 1)


def test_a_flood_of_refusals_is_a_line_a_minute(capsys):
    time = Time()
    log = RefusalLog(time)
    wild, tame = Refusal("mqtt", "too many", grave=True), Refusal("http", "too many")
    for _ in range(1000):
        log.note(wild, account="wild")
    log.note(tame)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    time.now += 59
    log.flush()
    assert capsys.readouterr().out == ""
    time.now += 1
    log.flush()
    [line] = capsys.readouterr().out.splitlines()
    assert "times=999" in line
    assert "since_start=1000" in line
    assert log.counts() == {wild: 1000, tame: 1}
    time.now += 1
    assert log.recent() == []
    log.note(wild)
    log.flush(at_once=True)
    assert "times=1 " in capsys.readouterr().out
