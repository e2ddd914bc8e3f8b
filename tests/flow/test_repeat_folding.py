"""A device that says too much: repeats are folded and counted, alarms are not, and nothing changes its order."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from gateway.clock import Clock
from gateway.desk import Desk
from gateway.flow import repeat_folding
from gateway.flow.intake import Intake
from gateway.flow.unrecorded_signals import UnrecordedSignals
from gateway.limits import RefusalLog
from gateway.model import Signal
from gateway.store import Store, journal
from tests.flow.conftest import COMPOUND

WINDOW = timedelta(minutes=1)


@pytest.fixture
async def intake(tmp_path, monkeypatch):
    """After three signals a device has one in a quarter of an hour."""
    monkeypatch.setattr(repeat_folding, "BURST", 3)
    monkeypatch.setattr(repeat_folding, "RATE", 0.001)
    async with Store.open(tmp_path) as store:
        clock = Clock()
        desk = Desk(store, clock.now)
        made = Intake(store, clock, UnrecordedSignals(desk.memory, lambda: COMPOUND, clock.now), RefusalLog())
        watching = asyncio.ensure_future(made.watch_storage())
        yield made
        watching.cancel()


def say(intake, kind, device="n1", **data):
    return asyncio.ensure_future(intake.accept(Signal(device=device, kind=kind, data=data), WINDOW))


async def kinds(intake, device="n1"):
    found = await intake._store.read(lambda c: journal.signals(c, device=device, limit=500))
    return [signal.kind for signal in reversed(found)]


async def test_repeats_are_folded_and_counted_and_the_last_of_each_is_kept(intake):
    said = [say(intake, kind) for _ in range(100) for kind in ("door.opened", "door.closed")]
    numbers = await asyncio.gather(*said)
    kept = await kinds(intake)
    assert kept[:3] == ["door.opened", "door.closed", "door.opened"]
    assert kept[-1] == "door.closed", "how it stands at last"
    assert len(kept) < 10
    assert sum(number > 0 for number in numbers) == len(kept)
    assert numbers[-1] > 0
    [(refusal, times)] = intake._refusals.counts().items()
    assert (refusal.door, times) == ("n1", 200 - len(kept))


async def test_no_alarm_is_folded_and_what_came_before_it_stays_before_it(intake):
    said = []
    for _ in range(50):
        said += [say(intake, "zone.restored"), say(intake, "zone.alarm")]
        await asyncio.sleep(0)
    numbers = await asyncio.gather(*said)
    assert all(numbers[1::2])
    kept = await kinds(intake)
    assert kept.count("zone.alarm") == 50
    assert kept[-1] == "zone.alarm", "a restore that came before an alarm must not end it"


async def test_what_differs_is_kept_as_far_as_there_is_room(intake, monkeypatch):
    monkeypatch.setattr(repeat_folding, "MAX_HELD", 5)
    await asyncio.gather(*(say(intake, "zone.restored", zone=zone) for zone in range(8)))
    assert len(await kinds(intake)) == 8
    await asyncio.gather(*(say(intake, "zone.bypassed", zone=zone) for zone in range(100)))
    assert (await kinds(intake)).count("zone.bypassed") == 5


async def test_a_neighbour_is_not_held(intake):
    wild = [say(intake, "door.opened") for _ in range(50)]
    async with asyncio.timeout(0.5):
        assert await say(intake, "door.opened", device="cam") > 0
    await asyncio.gather(*wild)


async def test_a_driver_that_went_away_takes_nothing_along(intake):
    said = [say(intake, "door.opened", count=count) for count in range(4)]
    await asyncio.sleep(0.1)
    said[-1].cancel()
    await asyncio.sleep(1.2)
    assert len(await kinds(intake)) == 4


async def test_pictures_of_one_device_are_bounded_and_its_signals_are_not(intake, monkeypatch):
    monkeypatch.setattr(intake, "_picture_bytes", type(intake._picture_bytes)(10, timedelta(hours=1)))
    for number in range(3):
        picture = b"jpeg" + bytes([number])
        await intake.accept(Signal(device="cam", kind="zone.alarm", picture=picture), WINDOW)
    found = await intake._store.read(lambda c: journal.signals(c, device="cam"))
    assert ["snapshot" in signal.data for signal in found] == [False, True, True]
