"""The bounded queue of sightings between a slot and its driver."""

from __future__ import annotations

import asyncio

import pytest

from gateway.errors import LinkLost
from gateway.vision.camera_slot import SightingQueue
from gateway.vision.sighting import Sighting


def sighting(number: int) -> Sighting:
    return Sighting("plate.read", float(number), {"number": number}, b"jpeg")


async def test_a_slow_driver_gets_the_newest() -> None:
    dropped = []
    sightings = SightingQueue(lambda: dropped.append(1), max_pending=2)
    for number in range(4):
        sightings.put(sighting(number))
    assert [(await anext(sightings)).at, (await anext(sightings)).at] == [2.0, 3.0]
    assert len(dropped) == 2


async def test_what_was_seen_before_the_end_is_told_before_it() -> None:
    sightings = SightingQueue(lambda: None)
    sightings.put(sighting(1))
    sightings.end(LinkLost("the worker is gone"))
    assert (await anext(sightings)).at == 1.0
    with pytest.raises(LinkLost, match="the worker is gone"):
        await anext(sightings)


async def test_waits_for_the_next() -> None:
    sightings = SightingQueue(lambda: None)
    async with asyncio.timeout(2), asyncio.TaskGroup() as group:
        waiting = group.create_task(anext(sightings))
        await asyncio.sleep(0)
        sightings.put(sighting(5))
    assert waiting.result().at == 5.0
