"""The last seconds, from a keyframe on, in a bounded space."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from gateway.vision.stream.packet_ring import MAX_BYTES, SPAN, PacketRing
from tests.vision.stream.coded import unit


def fed(ring: PacketRing, seconds: float, *, key_every: float, size: int = 1000, fps: int = 25) -> PacketRing:
    for number in range(int(seconds * fps)):
        ring.add(unit(number / fps, size, key=number % int(key_every * fps) == 0))
    return ring


def test_ten_seconds_are_kept_and_begin_at_a_keyframe() -> None:
    units = fed(PacketRing(), 60, key_every=2).units()
    assert units[0].key
    assert 10.0 <= units[-1].time_s - units[0].time_s < 12.1


def test_keyframes_ten_seconds_apart_are_waited_for() -> None:
    units = fed(PacketRing(), 65, key_every=10).units()
    assert (units[0].key, units[0].time_s) == (True, 50.0)
    units = fed(PacketRing(), 59, key_every=10).units()
    assert units[0].time_s == 40.0


def test_a_clip_begins_at_the_keyframe_before_the_time_asked_for() -> None:
    ring = fed(PacketRing(), 60, key_every=2)
    assert ring.units(since=55.5)[0].time_s == 54.0
    assert ring.units(since=56.0)[0].time_s == 56.0
    assert ring.units(since=0.0) == ring.units()
    assert ring.units(since=99.0)[0].time_s == 58.0


def test_bytes_are_capped() -> None:
    ring = fed(PacketRing(max_bytes=400_000), 60, key_every=2, size=2000)
    assert 250_000 < ring.size <= 400_000
    assert ring.units()[0].key


def test_one_group_too_large_is_let_go_and_the_next_keyframe_waited_for() -> None:
    ring = PacketRing(max_bytes=50_000)
    ring.add(unit(0, 1000, key=True))
    for number in range(100):
        ring.add(unit(number / 25, 1000))
    assert ring.units() == []
    assert ring.size == 0
    ring.add(unit(5, 1000, key=True))
    assert len(ring.units()) == 1


def rate(mbit: float) -> int:
    """Bytes of a picture, at 25 a second."""
    return int(mbit * 1e6 / 8 / 25)


@pytest.mark.parametrize(("mbit", "key_every"), [(4, 10), (8, 10), (12, 2)])
def test_a_main_streams_ten_seconds_are_there_at_every_moment(mbit: float, key_every: float) -> None:
    ring = PacketRing()
    for number in range(45 * 25):
        ring.add(unit(number / 25, rate(mbit), key=number % int(key_every * 25) == 0))
        if number >= 10 * 25:
            assert ring.units()[0].time_s <= number / 25 - 10
        assert ring.size <= MAX_BYTES


def test_a_sub_stream_takes_no_more_than_its_seconds() -> None:
    assert fed(PacketRing(), 60, key_every=2, size=rate(0.6)).size < 1_200_000


def test_what_is_larger_than_usual_is_not_kept_longer_than_needed() -> None:
    """A stream that sends a keyframe a minute would otherwise fill all that may be filled."""
    ring = PacketRing()
    largest = 0
    for number in range(120 * 25):
        ring.add(unit(number / 25, rate(2), key=number % (60 * 25) == 0))
        largest = max(largest, ring.size)
    assert largest < 2e6 / 8 * SPAN * 10 * 1.1


def test_of_nothing_before_only_the_newest_group_is_kept() -> None:
    units = fed(PacketRing(0), 59, key_every=10).units()
    assert (units[0].time_s, units[0].key) == (50.0, True)


def test_a_stream_that_begins_anew_replaces_the_old() -> None:
    ring = fed(PacketRing(), 30, key_every=2)
    ring.add(unit(0.0, 10, key=True))
    assert len(ring.units()) == 1


@given(
    strategies.lists(
        strategies.tuples(strategies.floats(0, 100), strategies.integers(1, 30_000), strategies.booleans())
    )
)
def test_it_is_bounded_and_begins_at_a_keyframe_whatever_comes(stream: list[tuple[float, int, bool]]) -> None:
    ring = PacketRing(max_bytes=100_000)
    for time, size, key in stream:
        ring.add(unit(time, size, key=key))
        units = ring.units()
        assert ring.size <= 100_000
        assert sum(one.size for one in units) <= ring.size
        assert not units or units[0].key
