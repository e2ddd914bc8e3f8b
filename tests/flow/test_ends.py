"""However a driver ends, it is lost once, started again, and back once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from drivers.modbus_io import ModbusIo
from gateway.driver import Driver
from gateway.errors import CommandFailed, LinkLost, LoginRefused
from gateway.flow import backoff
from gateway.flow import supervisor as module
from gateway.flow.supervisor import SupervisedDevice
from gateway.model import Command, Device, DeviceType, Health, Signal, Words
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.settings import ModbusIoSettings
from gateway.simulator.modbus import ModbusModules
from tests.flow.test_supervisor import Two, _supervised, entry
from tests.support.ports import free_port

GONE = LinkLost(Words("模块无应答", "no answer"))


async def group_of(error: BaseException) -> None:
    """As drivers/modbus_io has it: on Python 3.11 and 3.12 the task's cancelling() is 1 afterwards."""

    async def child():
        raise error

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(child())
        tasks.create_task(asyncio.Event().wait())


async def unwrapped() -> None:
    try:
        await group_of(GONE)
    except ExceptionGroup as several:
        raise several.exceptions[0] from several


async def group() -> None:
    await group_of(GONE)


async def nested() -> None:
    await group_of(ExceptionGroup("inner", [ValueError("a bug"), ExceptionGroup("innermost", [GONE])]))


async def after_a_failed_group() -> None:
    with suppress(ExceptionGroup):
        await group_of(GONE)
    await asyncio.sleep(0)
    raise GONE


async def given_up_future() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def cancels_itself() -> None:
    task = asyncio.current_task()
    assert task
    task.cancel()
    await asyncio.sleep(1)


async def returns() -> None:
    pass


async def exits() -> None:
    raise SystemExit(1)


class Panic(BaseException):
    """As a Rust library's (pyo3) panic comes to Python."""


async def panics() -> None:
    raise Panic("index out of bounds")


async def generator_exit() -> None:
    raise GeneratorExit


ENDS = {
    unwrapped: "no answer",
    group: "no answer",
    nested: "no answer",
    after_a_failed_group: "no answer",
    given_up_future: "ended by itself",
    cancels_itself: "ended by itself",
    returns: "the driver ended",
    exits: "SystemExit: 1",
    panics: "Panic: index out of bounds",
    generator_exit: "GeneratorExit",
}


class Ending(Driver):
    """`link` is a queue of signals and of ways to end."""

    LONGEST_PAUSE = timedelta(seconds=0.05)
    ACTIONS = {"unlock": frozenset()}  # noqa: RUF012

    async def run(self):
        while True:
            said = await self.link.get()
            if isinstance(said, Signal):
                await self.emit(said)
            else:
                return await said()


@pytest.fixture
async def one(flow_of, monkeypatch):
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "CHECK_S", 0.01)
    lines = {"door": asyncio.Queue()}
    made = {"door": entry("door", {}, lines, Ending)}
    async with _supervised(flow_of, list(made.values())) as (flow, supervisor):
        yield Two(flow, supervisor, lines, made)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_whatever_ends_a_driver_it_is_lost_once_and_back_once(one, end):
    one.say()
    await one.flow.until(lambda: one.health() is Health.ONLINE)
    for times in (1, 2, 3):
        one.lines["door"].put_nowait(end)
        await one.flow.until(lambda times=times: one.supervisor.devices()["door"].restarts == times)
    assert one.health() is Health.OFFLINE
    assert ENDS[end] in str(one.supervisor.devices()["door"].fault)
    one.say()
    await one.flow.until(lambda: one.kinds().count("device.online") == 2)
    assert one.health() is Health.ONLINE
    assert one.kinds().count("device.offline") == 1


async def test_a_login_that_a_group_refused_is_left_alone_for_minutes(one):
    async def refused():
        refusal = LoginRefused(Words("密码不对", "wrong password"))
        await group_of(ExceptionGroup("several", [LinkLost("gone"), refusal]))

    one.lines["door"].put_nowait(refused)
    await one.flow.until(lambda: one.health() is Health.OFFLINE)
    assert "wrong password; tried again in 5 min" in str(one.supervisor.devices()["door"].fault)


@pytest.mark.parametrize("end", [given_up_future, cancels_itself, exits, panics], ids=lambda end: end.__name__)
async def test_a_command_that_ends_in_an_odd_way_costs_no_more_than_the_command(one, monkeypatch, end):
    async def perform(_self, _command):
        await end()

    monkeypatch.setattr(Ending, "perform", perform)
    one.say()
    await one.flow.until(lambda: one.health() is Health.ONLINE)
    with pytest.raises(CommandFailed, match="not confirmed"):
        await one.supervisor.perform(Command("door", "unlock"))
    assert one.health() is Health.ONLINE


async def test_a_device_that_is_taken_out_while_its_driver_waits_to_be_tried_again_ends(one, monkeypatch):
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 30)
    one.lines["door"].put_nowait(group)
    await one.flow.until(lambda: one.supervisor.devices()["door"].restarts == 1)
    async with asyncio.timeout(5):
        await one.supervisor.stop(["door"])
    assert not one.supervisor._running


async def test_a_modbus_module_that_dies_and_returns_is_lost_once_and_back_once(flow_of, monkeypatch):
    monkeypatch.setattr(backoff, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(module, "CHECK_S", 0.01)
    port = free_port()
    inputs = [{"number": 0, "id": "zone", "name": "zone", "means": "zone.alarm"}]
    units = [{"id": "io", "address": 1, "name": "io", "inputs": inputs}]
    yaml = {"port": f"tcp://127.0.0.1:{port}", "framing": "tcp", "cycle": "50ms", "timeout": "50ms", "units": units}
    settings = ModbusIoSettings.model_validate(yaml)
    link: ModbusLink = ModbusLink(settings)
    host = Device("line", "modbus_io", DeviceType.PANEL, "line", "gate")
    parts = [
        Device(part.id, "modbus_io", part.type, part.name, "gate", part_of=part.on or "line")
        for part in ModbusIo.parts(settings)
    ]
    made = SupervisedDevice(host, ModbusIo, settings, parts, lambda _emit, _silent: link)
    async with _supervised(flow_of, [made]) as (flow, supervisor):
        it = Two(flow, supervisor, {}, {})
        for _ in range(2):
            modules = ModbusModules([1])
            async with modules.on_tcp(port=port):
                await flow.until(lambda: it.health("line") is Health.ONLINE, 20)
                modules.requests.clear()
                await flow.until(lambda modules=modules: len(modules.requests) > 3, 20)
            await flow.until(lambda: it.health("line") is Health.OFFLINE, 20)
        modules = ModbusModules([1])
        async with modules.on_tcp(port=port):
            await flow.until(lambda: it.health("line") is Health.ONLINE, 20)
            await modules.contact(1, 0)
            await flow.until(lambda: "zone.alarm" in it.kinds("zone"), 20)
            assert it.kinds("line") == ["device.online", "device.offline"] * 2 + ["device.online"]
