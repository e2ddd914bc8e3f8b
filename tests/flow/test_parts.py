"""Parts of a device that are watched by themselves: units of a bus, zones of a panel."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from gateway.clock import Clock
from gateway.driver import Driver, DriverSettings, Part
from gateway.errors import CommandFailed, LinkLost
from gateway.flow import backoff
from gateway.flow import supervisor as module
from gateway.flow.emitter import Quarantine
from gateway.flow.supervisor import SupervisedDevice, Supervisor
from gateway.model import Command, Device, DeviceType, Health, Signal, Words

CADENCE = timedelta(seconds=0.3)
PARTS = (
    Part("polled", DeviceType.SENSOR, "polled", cadence=CADENCE, actions={"sound": frozenset({"seconds"})}),
    Part("told", DeviceType.SENSOR, "told"),
    Part("plain", DeviceType.SENSOR, "plain"),
    Part("contact", DeviceType.ZONE, "contact", on="told"),
    Part("relay", DeviceType.ZONE, "relay", on="told", cadence=CADENCE),
)


class Bus(Driver):
    """`link` is a queue of what happens next: a signal, a call of `emit`, or the end of the line."""

    LONGEST_PAUSE = timedelta(seconds=0.02)

    @classmethod
    def parts(cls, _settings):
        return PARTS

    @classmethod
    def actions(cls, _settings):
        return {"rescan": frozenset()}

    async def run(self):
        while True:
            happens = await self.link.get()
            if isinstance(happens, Exception):
                raise happens
            if isinstance(happens, Signal):
                await self.emit(happens)
            else:
                happens(self.emit)

    async def perform(self, command):
        return {"did": f"{command.device} {command.action}"}


class Line:
    def __init__(self, flow, supervisor, link):
        self.flow, self.supervisor, self.link = flow, supervisor, link

    def do(self, happens):
        self.link.put_nowait(happens)

    def said(self, device):
        return [s.kind for s in self.flow.ear.signals if s.device == device]

    def health(self, device):
        return self.supervisor.devices()[device].health

    async def comes(self):
        self.do(lambda emit: emit.heard())
        await self.until("bus", Health.ONLINE)

    async def goes(self):
        self.do(LinkLost("the cable is out"))
        await self.until("bus", Health.OFFLINE)

    async def until(self, device, health):
        await self.flow.until(lambda: self.health(device) is health)


@pytest.fixture
async def bus(flow_of, monkeypatch):
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "CHECK_S", 0.01)
    link = asyncio.Queue()
    host = Device("bus", "bus", DeviceType.PANEL, "bus", "gate")
    parts = [Device(p.id, "bus", p.type, p.name, "gate", p.cadence, part_of=p.on or "bus") for p in PARTS]
    device = SupervisedDevice(host, Bus, DriverSettings(), parts, lambda _e, _s: link)
    async with _supervised(flow_of, [device]) as made:
        line = Line(*made, link)
        await line.comes()
        yield line


@asynccontextmanager
async def _supervised(flow_of, entries):
    now = Clock().now
    async with flow_of() as flow, asyncio.TaskGroup() as tasks:
        supervisor = Supervisor(flow.intake, Quarantine(flow.store, now), now, flow.ear)
        supervisor.set_devices(entries)
        running = tasks.create_task(supervisor.run())
        yield flow, supervisor
        running.cancel()


async def test_a_part_with_a_cadence_falls_silent_while_its_device_stands_and_comes_back(bus):
    bus.do(lambda emit: emit.heard("polled"))
    await bus.until("polled", Health.ONLINE)
    await bus.until("polled", Health.SILENT)
    assert bus.health("bus") is Health.ONLINE
    await asyncio.sleep(0.1)
    assert bus.said("polled") == ["device.online", "device.silent"]
    bus.do(Signal(device="polled", kind="zone.alarm"))
    await bus.until("polled", Health.ONLINE)
    await bus.flow.until(lambda: bus.said("polled")[2:] == ["zone.alarm", "device.online"])
    assert bus.health("plain") is Health.ONLINE, "what nobody watches by itself is as well as its device"
    assert bus.said("plain") == []


async def test_what_hangs_on_a_part_is_as_well_as_it(bus):
    bus.do(lambda emit: emit.heard("relay"))
    await bus.until("relay", Health.ONLINE)
    assert bus.health("contact") is Health.ONLINE
    bus.do(lambda emit: emit.lost("told", Words("模块无应答", "no answer")))
    await bus.until("told", Health.OFFLINE)
    contact = bus.supervisor.devices()["contact"]
    assert (contact.health, contact.fault, bus.health("relay")) == (
        Health.OFFLINE,
        Words("模块无应答", "no answer"),
        Health.OFFLINE,
    )
    shown = [status.device.id for status in bus.flow.ear.devices if status.health is Health.OFFLINE]
    assert shown == ["told", "contact", "relay"], "each screen is told of what changed, and of nothing else"
    bus.do(lambda emit: emit.lost("relay", "no answer"))
    await asyncio.sleep(2 * CADENCE.total_seconds())
    assert bus.said("contact") == [], "one loss is told once"
    assert bus.said("relay") == ["device.online"]
    bus.do(lambda emit: emit.heard("relay"))
    await bus.until("told", Health.ONLINE)
    assert bus.health("contact") is Health.ONLINE, "who is heard lives, and so does what it hangs on"
    await bus.goes()
    assert bus.supervisor.devices()["contact"].fault == "the cable is out"


async def test_a_part_that_is_lost_is_told_once_until_it_is_heard(bus):
    for _ in range(3):
        bus.do(lambda emit: emit.lost("told", "no answer at address 7"))
    await bus.until("told", Health.OFFLINE)
    assert bus.supervisor.devices()["told"].fault == "no answer at address 7"
    bus.do(lambda emit: emit.heard("told"))
    await bus.until("told", Health.ONLINE)
    assert bus.supervisor.devices()["told"].fault is None
    bus.do(lambda emit: emit.lost("told", "no answer at address 7"))
    await bus.until("told", Health.OFFLINE)
    await bus.flow.until(lambda: len(bus.said("told")) == 3)
    assert bus.said("told") == ["device.offline", "device.online", "device.offline"]


async def test_a_device_that_is_lost_is_told_once_and_its_parts_are_not_told_of(bus):
    bus.do(lambda emit: (emit.heard("polled"), emit.heard("told")))
    await bus.flow.until(lambda: bus.said("told") == ["device.online"])
    before = {part.id: bus.said(part.id) for part in PARTS}
    await bus.goes()
    assert [bus.health(part) for part in before] == [Health.OFFLINE] * len(PARTS), "what hangs on it is away"
    await bus.comes()
    assert bus.said("bus").count("device.offline") == 1
    assert {part: bus.said(part) for part in before} == before


async def test_parts_have_their_whole_cadence_again_once_the_device_is_back(bus):
    bus.do(lambda emit: emit.heard("polled"))
    await bus.until("polled", Health.ONLINE)
    await bus.goes()
    await asyncio.sleep(1.2 * CADENCE.total_seconds())
    await bus.comes()
    await asyncio.sleep(CADENCE.total_seconds() / 2)
    assert bus.health("polled") is Health.ONLINE
    await bus.until("polled", Health.SILENT)


async def test_a_part_lost_before_its_device_was_is_still_lost_after_and_is_not_told_again(bus):
    bus.do(lambda emit: emit.lost("told", "no answer"))
    await bus.until("told", Health.OFFLINE)
    await bus.goes()
    await bus.comes()
    bus.do(lambda emit: emit.lost("told", "no answer"))
    bus.do(lambda emit: emit.heard("told"))
    await bus.until("told", Health.ONLINE)
    await bus.flow.until(lambda: bus.said("told") == ["device.offline", "device.online"])


async def test_a_part_that_is_lost_while_its_device_is_away_is_told_only_after(bus):
    await bus.goes()
    bus.do(lambda emit: emit.lost("told", "no answer"))
    await bus.comes()
    assert bus.said("told") == []
    bus.do(lambda emit: emit.lost("told", "no answer"))
    await bus.flow.until(lambda: bus.said("told") == ["device.offline"])


async def test_a_bridge_says_of_its_part_that_it_is_gone(bus):
    bus.do(Signal(device="plain", kind="device.offline"))
    await bus.until("plain", Health.OFFLINE)
    assert bus.health("bus") is Health.ONLINE
    bus.do(Signal(device="plain", kind="zone.alarm"))
    await bus.until("plain", Health.ONLINE)
    await bus.flow.until(lambda: bus.said("plain") == ["device.offline", "zone.alarm", "device.online"])


async def test_a_part_takes_its_own_commands_and_those_of_its_device(bus):
    assert bus.supervisor.actions("polled") == {"sound": {"seconds"}}
    assert bus.supervisor.actions("plain") == {}
    assert await bus.supervisor.perform(Command("polled", "sound", {"seconds": 3})) == {"did": "polled sound"}
    assert await bus.supervisor.perform(Command("polled", "rescan")) == {"did": "polled rescan"}
    with pytest.raises(CommandFailed, match="it takes: rescan"):
        await bus.supervisor.perform(Command("bus", "sound"))
    with pytest.raises(CommandFailed, match="no command 'sound'"):
        await bus.supervisor.perform(Command("plain", "sound"))


async def test_the_screen_hears_of_every_part_when_its_device_changes(bus):
    told = [status.device.id for status in bus.flow.ear.devices if status.health is Health.ONLINE]
    assert set(told) >= {"bus", "told", "plain"}
