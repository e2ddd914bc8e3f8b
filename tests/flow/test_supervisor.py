"""Drivers that fail, fall silent and come back, and what is said of them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from types import MappingProxyType

import pytest

from gateway.clock import Clock
from gateway.driver import Driver, DriverSettings
from gateway.errors import CommandFailed, LinkLost, NotFound
from gateway.flow import backoff
from gateway.flow import supervisor as module
from gateway.flow.emitter import Quarantine
from gateway.flow.supervisor import Entry, Supervisor
from gateway.model import Command, Device, DeviceType, Health, Signal


class Line(Driver):
    """A driver whose line a test holds in its hand: `link` is a queue of what happens next."""

    ACTIONS = MappingProxyType({"unlock": frozenset()})

    async def run(self):
        while True:
            said = await self.link.get()
            if isinstance(said, Exception):
                raise said
            await self.emit(said)

    async def perform(self, command):
        return {"unlocked": command.device}


class Two:
    """A supervisor over two devices, one of them with a part."""

    def __init__(self, flow, supervisor, lines):
        self.flow, self.supervisor, self.lines = flow, supervisor, lines

    def kinds(self, device="door"):
        return [s.kind for s in self.flow.ear.signals if s.device == device]

    def health(self, device="door"):
        return self.supervisor.devices()[device].health

    def say(self, kind="door.opened", device="door"):
        self.lines[device].put_nowait(Signal(device=device, kind=kind))


@pytest.fixture
async def two(flow_of, monkeypatch):
    monkeypatch.setattr(backoff, "FIRST_S", 0.01)
    monkeypatch.setattr(backoff, "LONGEST_S", 0.05)
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    lines = {"door": asyncio.Queue(), "wall": asyncio.Queue()}
    entries = [
        Entry(
            Device(name, "line", DeviceType.DOOR, name, "gate", timedelta(seconds=0.3)),
            Line,
            DriverSettings(),
            [Device(f"{name}-1", "line", DeviceType.ZONE, name, "gate", part_of=name)],
            lambda _emit, _silent, line=line: line,
        )
        for name, line in lines.items()
    ]
    async with _supervised(flow_of, entries) as (flow, supervisor):
        yield Two(flow, supervisor, lines)


@asynccontextmanager
async def _supervised(flow_of, entries):
    now = Clock().now
    async with flow_of() as flow, asyncio.TaskGroup() as tasks:
        supervisor = Supervisor(flow.intake, Quarantine(flow.store, now), now, flow.ear)
        supervisor.become(entries)
        running = tasks.create_task(supervisor.run())
        yield flow, supervisor
        running.cancel()


async def test_a_device_is_unknown_until_it_speaks(two):
    assert two.health() is Health.UNKNOWN
    two.say()
    await two.flow.until(lambda: two.health() is Health.ONLINE)
    await two.flow.until(lambda: two.kinds() == ["door.opened", "device.online"])
    assert two.health("door-1") is Health.ONLINE, "a part is as well as what it hangs on"


async def test_lost_and_back_are_said_once_each(two):
    two.say()
    await two.flow.until(lambda: two.health() is Health.ONLINE)
    for _ in range(3):
        two.lines["door"].put_nowait(LinkLost("the cable is out"))
    await two.flow.until(lambda: two.supervisor.devices()["door"].restarts == 3)
    assert two.health() is Health.OFFLINE
    assert two.supervisor.devices()["door"].fault == "the cable is out"
    two.say()
    await two.flow.until(lambda: two.health() is Health.ONLINE)
    await two.flow.until(lambda: two.kinds().count("device.online") == 2)
    assert two.kinds().count("device.offline") == 1


async def test_a_driver_with_a_fault_costs_no_other_device(two):
    two.lines["door"].put_nowait(ZeroDivisionError("a bug"))
    await two.flow.until(lambda: two.supervisor.devices()["door"].restarts == 1)
    assert "ZeroDivisionError" in two.supervisor.devices()["door"].fault
    two.say(device="wall")
    await two.flow.until(lambda: two.health("wall") is Health.ONLINE)


async def test_silence_past_the_cadence_is_said_once(two):
    two.say()
    await two.flow.until(lambda: two.health() is Health.SILENT)
    await asyncio.sleep(0.1)
    assert two.kinds() == ["door.opened", "device.online", "device.silent"]
    two.say()
    await two.flow.until(lambda: two.health() is Health.ONLINE)


async def test_a_device_that_never_spoke_falls_silent_too(two):
    await two.flow.until(lambda: two.health("wall") is Health.SILENT)


async def test_commands_find_the_driver_also_by_a_part(two):
    await asyncio.sleep(0.01)
    assert await two.supervisor.perform(Command("door-1", "unlock")) == {"unlocked": "door-1"}
    with pytest.raises(CommandFailed, match="it takes: unlock"):
        await two.supervisor.perform(Command("door", "dance"))
    with pytest.raises(NotFound):
        await two.supervisor.perform(Command("nowhere", "unlock"))


async def test_a_driver_may_not_speak_for_another_device(two):
    two.lines["door"].put_nowait(Signal(device="wall", kind="zone.alarm"))
    await two.flow.until(lambda: "spoke for wall" in (two.supervisor.devices()["door"].fault or ""))
