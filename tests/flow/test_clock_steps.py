"""The wall clock is set while the gateway runs: what counts from times it noted goes on as if it had not been."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from gateway.app import housekeeping
from gateway.clock import Clock
from gateway.driver import Driver, DriverSettings
from gateway.flow.device_state import DeviceState, SupervisedDevice
from gateway.model import Device, DeviceType, Health
from gateway.store import Store
from tests.flow.conftest import Ear
from tests.flow.test_rule_engine import Book, at, started

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


class Wall:
    """A device with a cadence of a minute, and a hand on the clock."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
        self.said: list[str] = []
        device = Device("wall", "any", DeviceType.PANEL, "wall", "gate", timedelta(minutes=1))
        part = Device("n1", "any", DeviceType.ZONE, "n1", "gate", timedelta(minutes=2), part_of="wall")
        entry = SupervisedDevice(device, Driver, DriverSettings(), [part], lambda _emit, _silent: None)
        self.watched = DeviceState(entry, lambda: self.now, Ear(), lambda signal: self.said.append(signal.kind))

    def steps(self, step: timedelta) -> None:
        self.now += step
        self.watched.clock_stepped(step)

    def health(self) -> list[Health]:
        return [status.health for status in self.watched.statuses()]


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forward", "back"])
def test_a_clock_that_is_set_makes_nobody_silent_and_spares_nobody(step):
    wall = Wall()
    wall.watched.heard("n1")
    wall.now += 50 * SECOND
    wall.steps(step)
    wall.now += 9 * SECOND
    wall.watched.check()
    assert wall.health() == [Health.ONLINE, Health.ONLINE]
    wall.now += 2 * SECOND
    wall.watched.check()
    assert wall.health()[0] is Health.SILENT


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["forward", "back"])
def test_who_never_spoke_is_silent_no_sooner_and_no_later(step):
    wall = Wall()
    wall.steps(step)
    wall.watched.check()
    assert wall.health()[0] is Health.UNKNOWN
    wall.now += 61 * SECOND
    wall.watched.check()
    assert wall.health()[0] is Health.SILENT


def test_a_clock_set_back_keeps_no_wake_up_waiting():
    rules, book = started(), Book()
    rules.feed(book.door("opened", 0))
    rules.clock_stepped(-HOUR)
    assert rules.take_due(at(29) - HOUR) == []
    [wake] = rules.take_due(at(30) - HOUR)
    assert len(rules.feed(book.journaled(wake))) == 1
    assert rules.take_due(at(60)) == [], "once is enough"


def test_a_wake_up_that_was_moved_so_and_came_does_not_come_again_after_a_crash():
    rules, book = started(), Book()
    opened = book.door("opened", 0)
    rules.feed(opened)
    rules.clock_stepped(-HOUR)
    [wake] = rules.take_due(at(30) - HOUR)
    again = started(seen=1, last=2)
    assert len(again.replay([opened, book.journaled(wake)])) == 1
    again.caught_up(2)
    assert again.next_due() is None


async def test_who_counts_from_noted_times_hears_of_the_step_and_it_is_on_record(tmp_path, monkeypatch):
    monkeypatch.setattr(housekeeping, "CLOCK_CHECK_INTERVAL_S", 0.01)
    ahead, heard = [0.0], asyncio.Queue()
    clock = Clock(wall=lambda: time.time() + ahead[0])
    async with Store.open(tmp_path) as store, asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(housekeeping.follow_wall_clock(clock, store, heard.put_nowait))
        ahead[0] = 3600
        async with asyncio.timeout(5):
            step = await heard.get()
            while not await store.read(lambda c: c.execute("SELECT 1 FROM journal WHERE entry = 'anchor'").fetchone()):
                await asyncio.sleep(0.01)
        keeping.cancel()
    assert abs(step - HOUR) < SECOND
    assert abs(clock.drift()) < SECOND
