"""Many viewers of one camera: each begins at a keyframe, and nobody slow is felt by another."""

from __future__ import annotations

import asyncio

import pytest

from gateway.errors import LinkLost
from gateway.vision.view.broadcast import InitSegment, LiveBroadcast, LiveViewer

OPENING = InitSegment("avc1.4d401f", 640, 360, b"init")


def film(broadcast: LiveBroadcast, numbers: range, every: int = 10, size: int = 1) -> None:
    for number in numbers:
        key = number % every == 0
        broadcast.publish(bytes((number,)) * size, key=key, init=OPENING if key else None)


async def seen(viewer: LiveViewer, count: int) -> list[int]:
    async with asyncio.timeout(5):
        return [(await anext(viewer)).data[0] for _ in range(count)]


async def test_who_joins_begins_at_the_newest_keyframe_in_one_piece() -> None:
    broadcast, viewer = LiveBroadcast(), LiveViewer()
    film(broadcast, range(25))
    broadcast.add(viewer)
    part = await anext(viewer)
    assert (part.init, part.key, part.data) == (OPENING, True, bytes((20, 21, 22, 23, 24)))
    film(broadcast, range(25, 28))
    assert await seen(viewer, 3) == [25, 26, 27]


async def test_who_joins_before_the_first_keyframe_waits_for_it() -> None:
    broadcast, viewer = LiveBroadcast(), LiveViewer()
    broadcast.add(viewer)
    film(broadcast, range(5, 13))
    assert await seen(viewer, 3) == [10, 11, 12]


async def test_who_is_too_slow_goes_on_at_a_keyframe_and_the_others_do_not_notice() -> None:
    broadcast, slow, quick = LiveBroadcast(), LiveViewer(max_segments=12), LiveViewer()
    broadcast.add(slow)
    broadcast.add(quick)
    for start in range(0, 40, 10):
        film(broadcast, range(start, start + 10))
        assert await seen(quick, 10) == list(range(start, start + 10))
    assert await seen(slow, 10) == list(range(30, 40)), "from a keyframe on, nothing missing after it"
    assert slow.dropped == 30
    assert quick.dropped == 0


async def test_bytes_are_bounded_too() -> None:
    broadcast, viewer = LiveBroadcast(), LiveViewer(max_bytes=1000)
    broadcast.add(viewer)
    film(broadcast, range(40), size=300)
    assert len(viewer._pending) <= 4
    assert viewer.dropped >= 36


async def test_a_keyframe_larger_than_all_that_may_wait_still_comes() -> None:
    broadcast, viewer = LiveBroadcast(), LiveViewer(max_bytes=1000)
    broadcast.add(viewer)
    film(broadcast, range(1), size=5000)
    assert len((await anext(viewer)).data) == 5000


async def test_what_is_kept_for_the_next_is_bounded() -> None:
    broadcast, viewer = LiveBroadcast(max_kept_bytes=1000), LiveViewer()
    film(broadcast, range(8), size=300)
    broadcast.add(viewer)
    film(broadcast, range(8, 12))
    assert await seen(viewer, 2) == [10, 11], "too much since the keyframe: this one waits for the next"


async def test_the_same_opening_again_is_the_same_object() -> None:
    broadcast, viewer = LiveBroadcast(), LiveViewer()
    broadcast.add(viewer)
    broadcast.publish(b"a", key=True, init=InitSegment("avc1.4d401f", 640, 360, b"init"))
    broadcast.publish(b"b", key=True, init=InitSegment("avc1.4d401f", 640, 360, b"init"))
    broadcast.publish(b"c", key=True, init=InitSegment("avc1.4d401f", 1280, 720, b"other"))
    first, second, third = [await anext(viewer) for _ in range(3)]
    assert first.init is second.init
    assert third.init.width == 1280


async def test_the_end_comes_after_what_was_waiting() -> None:
    broadcast, viewer = LiveBroadcast(), LiveViewer()
    broadcast.add(viewer)
    film(broadcast, range(2))
    broadcast.end(LinkLost("gone"))
    assert await seen(viewer, 2) == [0, 1]
    with pytest.raises(LinkLost, match="gone"):
        await anext(viewer)
