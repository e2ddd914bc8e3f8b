"""Drivers that fail, fall silent and come back, and what is said of them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import pytest

from gateway.clock import Clock
from gateway.driver import Driver, DriverSettings
from gateway.errors import CommandFailed, LinkLost, LoginRefused, NotFound
from gateway.flow import backoff
from gateway.flow import supervisor as module
from gateway.flow.emitter import Quarantine
from gateway.flow.supervisor import SupervisedDevice, Supervisor
from gateway.model import Command, Device, DeviceType, Health, Signal, Words


class Line(Driver):
    """A driver whose line a test holds in its hand: `link` is a queue of what happens next."""

    ACTIONS = MappingProxyType({"unlock": frozenset()})
    LONGEST_PAUSE = timedelta(seconds=0.05)

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

    def __init__(self, flow, supervisor, lines, entries):
        self.flow, self.supervisor, self.lines, self.entries = flow, supervisor, lines, entries

    def kinds(self, device="door"):
        return [s.kind for s in self.flow.ear.signals if s.device == device]

    def health(self, device="door"):
        return self.supervisor.devices()[device].health

    def say(self, kind="door.opened", device="door"):
        self.lines[device].put_nowait(Signal(device=device, kind=kind))


@pytest.fixture
async def two(flow_of, monkeypatch):
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "CHECK_S", 0.01)
    lines = {"door": asyncio.Queue(), "wall": asyncio.Queue()}
    entries = {name: entry(name, {}, lines) for name in lines}
    async with _supervised(flow_of, list(entries.values())) as (flow, supervisor):
        yield Two(flow, supervisor, lines, entries)


def entry(name, made, lines=None, driver=Line):
    """The one that is made already, or a new one."""
    return made.get(name) or SupervisedDevice(
        Device(name, "line", DeviceType.DOOR, name, "gate", timedelta(seconds=0.3)),
        driver,
        DriverSettings(),
        [Device(f"{name}-1", "line", DeviceType.ZONE, name, "gate", part_of=name)],
        lambda _emit, _silent: lines[name],
    )


@asynccontextmanager
async def _supervised(flow_of, entries):
    now = Clock().now
    async with flow_of() as flow, asyncio.TaskGroup() as tasks:
        supervisor = Supervisor(flow.intake, Quarantine(flow.store, now), now, flow.ear)
        supervisor.set_devices(entries)
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


@pytest.mark.parametrize(
    ("error", "zh", "en"),
    [
        (LinkLost(Words("线路中断", "the cable is out")), "线路中断", "the cable is out"),
        (ConnectionRefusedError(111, "refused"), "设备拒绝连接，请检查供电和网线", "[Errno 111] refused"),
        (
            LoginRefused(Words("密码不对", "wrong")),
            "密码不对（为避免账号被锁，5分钟后再试）",
            "wrong; tried again in 5 min",
        ),
    ],
)
async def test_a_loss_is_told_in_both_languages(two, error, zh, en):
    two.say()
    await two.flow.until(lambda: two.health() is Health.ONLINE)
    two.lines["door"].put_nowait(error)
    await two.flow.until(lambda: "device.offline" in two.kinds())
    [lost] = [said for said in two.flow.ear.signals if said.kind == "device.offline"]
    assert lost.data["why"]["zh"] == zh
    assert lost.data["why"]["en"].startswith(en)
    assert two.supervisor.devices()["door"].fault.zh == zh


async def test_why_a_device_can_take_no_command_is_said_in_both_languages(two):
    two.lines["door"].put_nowait(LoginRefused(Words("密码不对", "wrong password")))
    await two.flow.until(lambda: two.health() is Health.OFFLINE)
    with pytest.raises(LinkLost, match="door is not connected: wrong password") as refused:
        await two.supervisor.perform(Command("door", "unlock"))
    assert refused.value.why.zh.startswith("设备未连接：密码不对")


async def test_a_driver_with_a_fault_costs_no_other_device(two):
    two.lines["door"].put_nowait(ZeroDivisionError("a bug"))
    await two.flow.until(lambda: two.supervisor.devices()["door"].restarts == 1)
    fault = two.supervisor.devices()["door"].fault
    assert fault.en == "ZeroDivisionError: a bug"
    assert fault.zh == "驱动程序出错，请通知安装员（ZeroDivisionError: a bug）"
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


class Breaking(Line):
    """Breaks on a command: with a fault of its own, or because its line's end took the answer along."""

    async def perform(self, command):
        if command.arguments.get("gone"):
            answer = asyncio.get_running_loop().create_future()
            answer.cancel()
            await answer
        raise KeyError("a bug")


@pytest.mark.parametrize(("said", "why"), [({}, "KeyError: 'a bug'"), ({"gone": True}, "not confirmed")])
async def test_a_command_that_breaks_its_driver_costs_no_more_than_the_command(two, said, why):
    await two.supervisor.stop(["door"])
    two.supervisor.set_devices([entry("wall", two.entries), entry("door", {}, two.lines, Breaking)])
    two.say()
    await two.flow.until(lambda: two.health() is Health.ONLINE)
    with pytest.raises(CommandFailed, match=why) as failed:
        await two.supervisor.perform(Command("door", "unlock", said))
    assert failed.value.why.zh


async def test_a_driver_may_not_speak_for_another_device(two):
    two.lines["door"].put_nowait(Signal(device="wall", kind="zone.alarm"))
    await two.flow.until(lambda: "reported for wall" in str(two.supervisor.devices()["door"].fault))


async def test_a_refused_login_says_when_it_is_tried_again(two):
    two.lines["door"].put_nowait(LoginRefused("the camera refused the password (401)"))
    await two.flow.until(lambda: two.health() is Health.OFFLINE)
    assert str(two.supervisor.devices()["door"].fault) == (
        "the camera refused the password (401); tried again in 5 min, so that the account is not locked"
    )


class Clinging(Line):
    """Its cleaning up fails, as it may when a line is gone."""

    async def run(self):
        try:
            await super().run()
        finally:
            raise LinkLost("can't even say goodbye")


async def test_others_take_the_place_of_devices_and_nobody_else_notices(two):
    two.say()
    two.say(device="wall")
    await two.flow.until(lambda: two.health() is two.health("wall") is Health.ONLINE)
    drivers = {name: two.supervisor._states[name].driver for name in two.lines}
    await two.supervisor.stop(["door"])
    two.say("door.closed")
    two.lines["gate"] = asyncio.Queue()
    two.supervisor.set_devices([entry("wall", two.entries), entry("door", {}, two.lines), entry("gate", {}, two.lines)])
    assert list(two.supervisor.devices()) == ["wall", "wall-1", "door", "door-1", "gate", "gate-1"]
    await two.flow.until(lambda: "door.closed" in two.kinds())
    assert two.supervisor._states["wall"].driver is drivers["wall"]
    assert two.supervisor._states["door"].driver is not drivers["door"]
    assert two.kinds().count("device.offline") == two.kinds("wall").count("device.offline") == 0
    await two.supervisor.stop(["door", "gate"])
    two.supervisor.set_devices([entry("wall", two.entries)])
    assert list(two.supervisor.devices()) == ["wall", "wall-1"]
    with pytest.raises(NotFound):
        await two.supervisor.perform(Command("door", "unlock"))


async def test_who_was_away_is_away_still_when_its_entry_changes_and_is_told_of_once(two):
    two.lines["door"].put_nowait(LinkLost("the cable is out"))
    await two.flow.until(lambda: two.health() is Health.OFFLINE)
    await two.supervisor.stop(["door"])
    two.supervisor.set_devices([entry("wall", two.entries), entry("door", {}, two.lines)])
    assert two.health() is Health.OFFLINE
    two.lines["door"].put_nowait(LinkLost("the cable is still out"))
    await two.flow.until(lambda: two.supervisor.devices()["door"].fault == "the cable is still out")
    two.say()
    await two.flow.until(lambda: two.kinds() == ["device.offline", "door.opened", "device.online"])


async def test_a_driver_whose_end_fails_is_not_started_again(two):
    await two.supervisor.stop(["door", "wall"])
    two.supervisor.set_devices([entry("door", {}, two.lines, Clinging)])
    two.say()
    await two.flow.until(lambda: two.health() is Health.ONLINE)
    await two.supervisor.stop(["door"])
    two.supervisor.set_devices([])
    two.say()
    await asyncio.sleep(0.1)
    assert two.kinds().count("door.opened") == 1
    assert two.kinds().count("device.offline") == 0


class Sharing(Line):
    """Its line is shared (a broker): that it stands again says nothing of the device."""

    async def run(self):
        while True:
            said = await self.link.get()
            if said == "the line stands":
                self.emit.returned()
            elif isinstance(said, Exception):
                raise said
            elif isinstance(said, Device):
                await self.emit(Signal(device=said.id, kind="water.alarm"), remembered=True)
                await self.emit.quarantine("a memory", b"")
            else:
                await self.emit(said)


@pytest.fixture
async def shared(flow_of, monkeypatch):
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "CHECK_S", 0.01)
    lines = {"door": asyncio.Queue()}
    made = entry("door", {}, lines, Sharing)
    made = replace(made, device=replace(made.device, cadence=None))
    async with _supervised(flow_of, [made]) as (flow, supervisor):
        yield Two(flow, supervisor, lines, {"door": made})


async def _cut(it):
    restarts = it.supervisor.devices()["door"].restarts
    it.lines["door"].put_nowait(LinkLost("the broker restarts"))
    await it.flow.until(lambda: it.supervisor.devices()["door"].restarts > restarts)
    assert it.health() is Health.OFFLINE


async def test_a_shared_line_that_is_back_leaves_its_devices_as_they_were(shared):
    """A sensor that reports once a day is not away for a day because its broker was for a second."""
    shared.say()
    await shared.flow.until(lambda: shared.health() is Health.ONLINE)
    heard = shared.supervisor.devices()["door"].heard_at
    await _cut(shared)
    shared.lines["door"].put_nowait("the line stands")
    await shared.flow.until(lambda: shared.health() is Health.ONLINE)
    assert shared.supervisor.devices()["door"].heard_at == heard
    assert shared.supervisor.devices()["door"].fault is None
    await shared.flow.until(lambda: shared.kinds().count("device.online") == 2)


async def test_who_was_silent_is_silent_still_when_its_shared_line_is_back(shared):
    """What a broker remembers of it (retained) is no sign of life."""
    watched = shared.supervisor._states["door"]
    watched.silent("door")
    await _cut(shared)
    shared.lines["door"].put_nowait("the line stands")
    shared.lines["door"].put_nowait(shared.entries["door"].device)
    await shared.flow.until(lambda: "water.alarm" in shared.kinds() and shared.kinds().count("device.silent") == 2)
    assert shared.health() is Health.SILENT
    assert "device.online" not in shared.kinds()


async def test_who_said_itself_that_it_goes_is_away_still_when_its_shared_line_is_back(shared):
    shared.say("device.offline")
    await shared.flow.until(lambda: shared.health() is Health.OFFLINE)
    await _cut(shared)
    shared.lines["door"].put_nowait("the line stands")
    shared.lines["door"].put_nowait(shared.entries["door"].device)
    await shared.flow.until(lambda: "water.alarm" in shared.kinds())
    assert shared.health() is Health.OFFLINE
    shared.say()
    await shared.flow.until(lambda: shared.health() is Health.ONLINE)


async def test_a_driver_whose_end_fails_does_not_hold_up_the_gateways_end(flow_of):
    line = asyncio.Queue()
    async with asyncio.timeout(10), _supervised(flow_of, [entry("door", {}, {"door": line}, Clinging)]) as (flow, _):
        line.put_nowait(Signal(device="door", kind="door.opened"))
        await flow.until(lambda: flow.ear.signals)
    assert [said.kind for said in flow.ear.signals if said.kind == "device.offline"] == []
