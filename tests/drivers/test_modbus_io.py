"""Modules on a line, against pymodbus's own server: contacts, outputs, a barrier that moves, fire linkage."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.modbus_io import DRIVER, ModbusIo, ModbusIoState
from gateway.errors import CommandFailed, LinkLost
from gateway.links.state_file import StateFile
from gateway.model import Command, Device, DeviceType
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.request import ReadRequest, Table
from gateway.protocols.modbus.settings import ModbusIoSettings
from gateway.protocols.modbus.wiring import read_ranges
from gateway.simulator.modbus import BarrierTwin, ModbusModules, run_modules
from gateway.simulator.rs485 import PtyBridge
from tests.support.reports import BilingualReports

DEVICE = Device("line-1", "modbus_io", DeviceType.PANEL, "输入输出总线", "guardroom")
UNITS: list[dict[str, Any]] = [
    {
        "address": 1,
        "id": "io-1",
        "name": "模块1",
        "inputs": [
            {"number": 0, "id": "zone-1", "name": "防区1", "means": "zone.alarm"},
            {"number": 1, "id": "fire-1", "name": "消防", "means": "fire.alarm"},
            {"number": 2, "id": "door-1", "name": "门磁", "type": "door", "means": "door.opened"},
            {"number": 3, "id": "exit-1", "name": "出门按钮", "means": "exit.requested"},
        ],
    },
    {
        "address": 2,
        "id": "io-2",
        "name": "模块2",
        "outputs": [
            {"number": 0, "id": "siren", "name": "警号", "longest": "60s"},
            {"number": 1, "id": "strike", "name": "电锁", "type": "door", "pulse": "500ms"},
        ],
    },
    {
        "address": 3,
        "id": "io-3",
        "name": "道闸模块",
        "barriers": [
            {
                "id": "gate",
                "name": "东门道闸",
                "pulse": "300ms",
                "travel": "3s",
                "outputs": {"open": 0, "close": 1},
                "inputs": {"opened": 0, "closed": 1, "loop": 2, "edge": 3},
            }
        ],
    },
]
LINKAGE = {
    "id": "linkage",
    "name": "消防联动",
    "while": ["fire-1"],
    "hold": {"strike": "on", "siren": "on", "gate": "open"},
}


@dataclass
class Running:
    modules: ModbusModules
    wire: PtyBridge
    told: BilingualReports
    driver: ModbusIo
    link: ModbusLink[ModbusIoState]
    serving: asyncio.Task[None]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                if self.serving.done():
                    self.serving.result()
                await asyncio.sleep(0.01)

    async def cycles(self, count: int = 2) -> None:
        wanted = self.driver.cycle_time.count + count
        await self.until(lambda: self.driver.cycle_time.count >= wanted)

    async def end(self) -> None:
        self.serving.cancel()
        await asyncio.wait([self.serving])

    @asynccontextmanager
    async def again(self, **more: Any) -> AsyncIterator[None]:
        """Another driver on the same link, as after a loss of the line."""
        self.driver = made(self.driver.settings.port, self.told, self.link, **more)
        async with asyncio.TaskGroup() as tasks:
            self.serving = tasks.create_task(self.driver.run())
            yield
            self.serving.cancel()

    async def order(self, device: str, action: str, limit: float = 5.0, **arguments: Any) -> None:
        await self.driver.perform(Command(device, action, arguments, limit=timedelta(seconds=limit)))


def made(
    path: Any,
    told: BilingualReports,
    link: ModbusLink[ModbusIoState] | None = None,
    state_file: StateFile | None = None,
    **more: Any,
) -> ModbusIo:
    yaml = {"port": str(path), "baud": 115200, "timeout": "50ms", "cycle": "100ms", "units": UNITS, **more}
    settings = ModbusIoSettings(**yaml)
    return DRIVER(DEVICE, settings, link or ModbusLink(settings, state_file), told)


@asynccontextmanager
async def a_line(
    before: Callable[[ModbusModules], Any] | None = None,
    state_file: StateFile | None = None,
    points: int = 16,
    **more: Any,
) -> AsyncIterator[Running]:
    """Modules 1 to 3, `before` having set them, and the driver that has looked at all of them."""
    async with run_modules([1, 2, 3], points=points) as (modules, wire, path):
        await modules.contact(3, BarrierTwin.DOWN)
        if before:
            await before(modules)
        told = BilingualReports()
        driver = made(path, told, state_file=state_file, **more)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(driver.run())
            here = Running(modules, wire, told, driver, driver.link, serving)
            await here.cycles(1)
            yield here
            serving.cancel()


async def test_contacts_are_told() -> None:
    async with a_line() as here:
        await here.modules.contact(1, 0)
        await here.until(lambda: len(here.told.signals) == 1)
        await here.modules.contact(1, 0, closed=False)
        await here.modules.contact(1, 3)
        await here.until(lambda: len(here.told.signals) == 3)
        assert here.told.kinds() == [
            ("zone-1", "zone.alarm"),
            ("zone-1", "zone.restored"),
            ("exit-1", "exit.requested"),
        ]
        assert here.told.signals[0].data == {"unit": "io-1", "number": 0}
        assert {"io-1", "io-2", "io-3"} <= here.told.heard_parts


async def test_what_is_found_at_a_start_is_state() -> None:
    async def stand(modules: ModbusModules) -> None:
        for number in range(4):
            await modules.contact(1, number)

    async with a_line(stand) as here:
        await here.until(lambda: len(here.told.signals) == 3)
        await here.cycles()
        assert here.told.kinds() == [("zone-1", "zone.alarm"), ("fire-1", "fire.alarm"), ("door-1", "door.opened")]
        assert all(signal.data["from_status"] for signal in here.told.signals)


async def test_a_full_disk_delays_and_doubles_nothing() -> None:
    async with a_line() as here:
        here.told.disk_full = True
        for closed in (True, False, True):
            await here.modules.contact(1, 0, closed)
            await here.cycles()
        here.told.disk_full = False
        await here.until(lambda: len(here.told.signals) == 3)
        assert [kind for _, kind in here.told.kinds()] == ["zone.alarm", "zone.restored", "zone.alarm"]
        assert len({signal.source_id for signal in here.told.signals}) == 3


async def test_a_full_disk_silences_no_alarm() -> None:
    async with a_line() as here:
        here.told.disk_full = True
        await here.modules.contact(1, 2)
        await here.cycles()
        await here.modules.contact(1, 0)
        await here.until(lambda: "zone-1" in [signal.device for signal in here.told.not_recorded if signal.is_alarm])
        assert here.told.signals == []


async def test_an_output_is_confirmed_by_reading_it_back() -> None:
    async with a_line() as here:
        await here.order("siren", "on")
        assert await here.modules.relay(2, 0)
        await here.order("siren", "on")  # again: it is so
        await here.order("siren", "off")
        assert not await here.modules.relay(2, 0)


async def test_a_strike_falls_back_by_itself() -> None:
    async with a_line() as here:
        await here.order("strike", "unlock", seconds=0.3)
        assert await here.modules.relay(2, 1)
        await here.until(lambda: len(here.told.signals) == 2)
        assert not await here.modules.relay(2, 1)
        assert here.told.kinds() == [("strike", "door.unlocked"), ("strike", "door.locked")]


async def test_what_the_module_does_not_do_is_not_confirmed() -> None:
    async with a_line() as here:
        ignores = here.modules._trace
        for handler in here.modules._server.active_connections.values():  # it answers 5 and switches nothing
            handler.trace_pdu = lambda sending, pdu: _undo(ignores(sending, pdu), sending)
        here.modules.requests.clear()
        with pytest.raises(CommandFailed, match="on was sent to siren and not confirmed"):
            await here.order("siren", "on", limit=1.6)
        assert here.modules.requests.count((2, 5)) == 3  # not as often as the line would bear


def _undo(pdu: Any, sending: bool) -> Any:
    if not sending and pdu is not None and pdu.function_code == 5:
        pdu.bits = [False]
    elif sending and pdu.function_code == 5:
        pdu.bits = [True]
    return pdu


async def test_a_lost_unit_is_told_once_and_takes_no_command() -> None:
    async with a_line() as here:
        here.modules.offline = {2}
        await here.until(lambda: bool(here.told.lost_parts))
        assert here.told.lost_parts == [
            ("io-2", "io-2 (address 2) does not answer: check its power, its address and the line")
        ]
        with pytest.raises(CommandFailed, match="siren can't be reached: unit 2 does not answer"):
            await here.order("siren", "on")
        await here.cycles(5)
        assert "io-2" not in here.told.heard_parts
        here.modules.offline = set()
        await here.until(lambda: "io-2" in here.told.heard_parts)
        await here.order("siren", "on")
        assert len(here.told.lost_parts) == 1


async def test_dead_units_are_not_asked_in_every_cycle() -> None:
    async with a_line() as here:
        here.modules.offline = {2}
        await here.until(lambda: bool(here.told.lost_parts))
        here.modules.requests.clear()
        await here.cycles(8)
        units = [unit for unit, _ in here.modules.requests]
        assert units.count(2) <= 1
        assert units.count(1) >= 8


async def test_a_unit_that_refuses_says_what_to_look_at() -> None:
    wrong = [{**UNITS[0], "inputs": [{"number": 90, "id": "z", "name": "z", "means": "zone.alarm"}]}, UNITS[1]]
    async with a_line(units=wrong) as here:
        await here.until(lambda: bool(here.told.refusals))
        (part, why), *_ = here.told.refusals
        assert part == "io-1"
        assert "rejects reading its inputs: it has no such inputs" in why
        assert here.told.lost_parts == []
        assert None not in here.told.heard_parts, "that it answers does not make it well"


HOLES = [{"number": n, "id": f"z{n}", "name": f"z{n}", "means": "zone.alarm"} for n in (*range(8), *range(200, 208))]


def _has_only(*ranges: range) -> Callable[[ModbusModules], Any]:
    """A module that answers exception 2 to every range it does not have whole."""
    exists = {number for each in ranges for number in each}

    async def set_up(modules: ModbusModules) -> None:
        modules.existing = exists

    return set_up


async def test_a_range_with_holes_is_read_in_pieces() -> None:
    units = [{**UNITS[0], "inputs": HOLES, "outputs": []}]
    async with a_line(_has_only(range(8), range(200, 208)), units=units, points=256) as here:
        await here.until(lambda: "io-1" in here.told.heard_parts)
        await here.modules.contact(1, 0)
        await here.modules.contact(1, 207)
        await here.until(lambda: len(here.told.signals) == 2)
        assert here.told.kinds() == [("z0", "zone.alarm"), ("z207", "zone.alarm")]
        here.modules.requests.clear()
        await here.cycles(4)
        assert len(here.modules.requests) <= 2 * 5, "what was found is remembered"
        assert (here.told.lost_parts, here.told.refusals) == ([], [])


async def test_inputs_that_a_module_does_not_have_are_named_and_the_others_read() -> None:
    units = [{**UNITS[0], "inputs": HOLES, "outputs": []}]
    async with a_line(_has_only(range(3), range(201, 208)), units=units, points=256) as here:
        await here.until(lambda: bool(here.told.refusals))
        (part, why) = here.told.refusals[0]
        assert part == "io-1"
        assert "has no discrete 3, 4, 5, 6, 7, 200 (z3, z4, z5, z6, z7, z200)" in why
        await here.modules.contact(1, 2)
        await here.modules.contact(1, 203)
        await here.until(lambda: len(here.told.signals) == 2)
        assert here.told.kinds() == [("z2", "zone.alarm"), ("z203", "zone.alarm")]
        here.modules.existing = set(range(256))
        for each in here.driver._state.ranges[1]:
            each._retry_at = 0.0
        await here.until(lambda: "io-1" in here.told.heard_parts)


async def test_a_module_that_only_refuses_is_refused_and_not_well_for_a_moment() -> None:
    units = [{**UNITS[0], "inputs": HOLES, "outputs": []}]
    async with run_modules([1], points=256) as (modules, _, path):
        modules.existing = set()
        told = BilingualReports()
        driver = made(path, told, units=units)
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(driver.run())
            here = Running(modules, None, told, driver, driver.link, serving)  # type: ignore[arg-type]
            await here.until(lambda: len(told.refusals) >= 3)
            assert not serving.done(), "the line stands"
            assert {part for part, _ in told.refusals} == {None}, "it is all that hangs on this line"
            assert "rejects reading its inputs: it has no such inputs" in told.refusals[0][1]
            assert told.heard_parts == set()
            modules.existing = set(range(256))
            await here.until(lambda: "io-1" in told.heard_parts)
            serving.cancel()


async def test_no_unit_at_all_is_a_lost_line() -> None:
    async with run_modules([9]) as (_, _, path):
        with pytest.raises(LinkLost, match=r"no unit on .* answers; io-1 .* does not answer"):
            await made(path, BilingualReports()).run()


async def test_a_wrong_baud_is_suspected() -> None:
    async with run_modules([1, 2, 3]) as (modules, wire, path):
        modules.offline = {1, 2, 3}
        told = BilingualReports()

        async def noise() -> None:
            while True:
                await asyncio.sleep(0.03)
                wire.inject(b"\x81\x81\x00\xfe")

        async with asyncio.TaskGroup() as tasks:
            noisy = tasks.create_task(noise())
            with pytest.raises(LinkLost, match="check baud, parity, the pair A/B"):
                await made(path, told).run()
            noisy.cancel()
        assert told.quarantined


async def test_after_a_loss_of_the_line_nothing_is_told_twice() -> None:
    async with a_line() as here:
        await here.modules.contact(1, 0)
        await here.until(lambda: len(here.told.signals) == 1)
        await here.end()
        await here.modules.contact(1, 2)
        async with here.again():
            await here.until(lambda: len(here.told.signals) == 2)
            await here.cycles()
        assert here.told.kinds() == [("zone-1", "zone.alarm"), ("door-1", "door.opened")]
        assert here.told.signals[1].data["from_status"]


@asynccontextmanager
async def a_gate(**more: Any) -> AsyncIterator[tuple[Running, BarrierTwin]]:
    async with a_line(**more) as here, asyncio.TaskGroup() as tasks:
        gate = BarrierTwin(here.modules, 3, travel_s=0.8)
        moving = tasks.create_task(gate.run())
        yield here, gate
        moving.cancel()


async def test_a_barrier_opens_and_closes() -> None:
    async with a_gate() as (here, gate):
        await here.order("gate", "open")
        assert gate.height == 1
        await here.order("gate", "close")
        assert gate.height == 0
        await here.cycles()
        assert here.told.kinds() == [("gate", "barrier.opened"), ("gate", "barrier.closed")]


async def test_a_barrier_does_not_close_on_a_car_and_rises_from_one() -> None:
    async with a_gate() as (here, gate):
        await here.order("gate", "open")
        await gate.set_obstacle(True)
        await here.cycles()
        with pytest.raises(CommandFailed, match="gate is not closed: something stands on the loop"):
            await here.order("gate", "close")
        await gate.set_obstacle(False)
        await here.cycles()
        closing = asyncio.ensure_future(here.order("gate", "close"))
        await here.until(lambda: gate.height < 0.7)
        await gate.set_obstacle(True, BarrierTwin.EDGE)
        with pytest.raises(CommandFailed, match="the anti-crush edge is touched: it was opened again"):
            await closing
        await here.until(lambda: gate.height == 1)
        await gate.set_obstacle(False, BarrierTwin.EDGE)
        await here.until(lambda: ("gate", "barrier.cleared") in here.told.kinds())
        assert ("gate", "barrier.blocked") in here.told.kinds()


async def test_a_barrier_that_is_stuck_is_a_fault() -> None:
    async with a_gate() as (here, gate):
        gate.stuck = True
        with pytest.raises(CommandFailed, match="did not arrive within 3 s"):
            await here.order("gate", "open")
        await here.until(lambda: ("gate", "device.faulted") in here.told.kinds())
        gate.stuck = False
        await here.order("gate", "open")
        await here.until(lambda: ("gate", "device.restored") in here.told.kinds())


async def test_fire_opens_everything_whatever_the_disk_and_the_software_do() -> None:
    async with a_gate(interlocks=[LINKAGE]) as (here, gate):
        here.told.disk_full = True
        await here.modules.contact(1, 1)
        await here.until(lambda: gate.height == 1)
        assert await here.modules.relay(2, 0)
        assert await here.modules.relay(2, 1)
        for device, action in (("strike", "off"), ("gate", "close"), ("siren", "off")):
            with pytest.raises(CommandFailed, match="by 消防联动: fire-1 is active"):
                await here.order(device, action)
        await here.modules.switch(2, 1, on=False)  # somebody at the module
        await here.cycles()
        assert await here.modules.relay(2, 1)
        await here.modules.contact(1, 1, closed=False)
        await here.cycles()
        assert await here.modules.relay(2, 1)
        with pytest.raises(CommandFailed, match="until a person resets linkage"):
            await here.order("strike", "off")
        await here.order("linkage", "reset")
        await here.cycles()
        assert not await here.modules.relay(2, 1)


async def test_what_is_latched_stays_so_over_a_loss_of_the_line() -> None:
    async with a_line(interlocks=[LINKAGE]) as here:
        await here.modules.contact(1, 1)
        await here.cycles()
        await here.modules.contact(1, 1, closed=False)
        await here.end()
        async with here.again(interlocks=[LINKAGE]):
            await here.cycles()
            with pytest.raises(CommandFailed, match="until a person resets linkage"):
                await here.order("strike", "off")
            assert await here.modules.relay(2, 1)


@asynccontextmanager
async def over_a_restart(here: Running, state_file: StateFile, **more: Any) -> AsyncIterator[None]:
    """The gateway ended, and another one begins with what is on disk."""
    await here.end()
    here.link = ModbusLink(here.driver.settings, state_file)
    async with here.again(**more):
        await here.cycles()
        yield


async def test_what_is_latched_stays_so_over_a_restart_of_the_gateway(tmp_path: Path) -> None:
    state_file = StateFile(tmp_path / "lines" / "line-1.json")
    async with a_line(state_file=state_file, interlocks=[LINKAGE]) as here:
        await here.modules.contact(1, 1)
        await here.until(lambda: "linkage" in state_file.read())
        await here.modules.contact(1, 1, closed=False)
        await here.cycles()
        async with over_a_restart(here, state_file, interlocks=[LINKAGE]):
            await here.modules.switch(2, 1, on=False)  # somebody at the module
            await here.cycles()
            assert await here.modules.relay(2, 1)
            with pytest.raises(CommandFailed, match="until a person resets linkage"):
                await here.order("strike", "off")
            await here.order("linkage", "reset")
            await here.until(lambda: not state_file.read())
        async with over_a_restart(here, state_file, interlocks=[LINKAGE]):
            await here.order("strike", "on")


async def test_a_strike_that_was_held_open_falls_back_over_a_restart_of_the_gateway(tmp_path: Path) -> None:
    state_file = StateFile(tmp_path / "line-1.json")
    async with a_line(state_file=state_file) as here:
        await here.order("siren", "on")
        await here.order("strike", "unlock", seconds=600)
        await here.until(lambda: state_file.read() == {"strike"})
        async with over_a_restart(here, state_file):
            await here.until(lambda: not state_file.read())
            assert not await here.modules.relay(2, 1)
            assert await here.modules.relay(2, 0), "what was switched on stays on"


async def test_a_disk_that_takes_no_notes_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("no folder")
    async with a_line(state_file=StateFile(tmp_path / "lines" / "line-1.json"), interlocks=[LINKAGE]) as here:
        await here.modules.contact(1, 1)
        await here.cycles(3)
        assert await here.modules.relay(2, 1)


def test_notes_that_are_none_say_nothing(tmp_path: Path) -> None:
    for text in ("", "[1", '{"a": 1}', "[1, null]"):
        (tmp_path / "x.json").write_text(text)
        assert StateFile(tmp_path / "x.json").read() == frozenset()


async def test_modbus_tcp_does_the_same() -> None:
    modules = ModbusModules([1, 2, 3])
    async with modules.on_tcp() as port:
        told = BilingualReports()
        driver = made(f"tcp://127.0.0.1:{port}", told, framing="tcp")
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(driver.run())
            await modules.contact(1, 0)
            async with asyncio.timeout(5):
                while not told.signals:
                    await asyncio.sleep(0.01)
            await driver.perform(Command("siren", "on"))
            assert await modules.relay(2, 0)
            assert driver.figures()["cycle_s"] < 0.1
            serving.cancel()


async def test_a_module_on_the_network_itself_is_called_255() -> None:
    modules = ModbusModules([255])
    async with modules.on_tcp() as port:
        told = BilingualReports()
        driver = made(f"tcp://127.0.0.1:{port}", told, framing="tcp", units=[{**UNITS[0], "address": 255}])
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(driver.run())
            await modules.contact(255, 0)
            async with asyncio.timeout(5):
                while not told.signals:
                    await asyncio.sleep(0.01)
            serving.cancel()
    assert told.signals[0].kind == "zone.alarm"


def test_each_table_of_a_unit_is_one_range() -> None:
    settings = ModbusIoSettings(port="/dev/x", units=UNITS)
    assert [[each.requests(0.0)[0] for each in read_ranges(unit)] for unit in settings.units] == [
        [ReadRequest(Table.DISCRETE, 0, 4)],
        [ReadRequest(Table.COIL, 0, 2)],
        [ReadRequest(Table.COIL, 0, 2), ReadRequest(Table.DISCRETE, 0, 4)],
    ]


def test_everything_is_a_device_with_its_commands() -> None:
    parts = DRIVER.parts(ModbusIoSettings(port="/dev/x", units=UNITS, interlocks=[LINKAGE]))
    assert {part.id: sorted(part.actions) for part in parts if part.actions} == {
        "siren": ["off", "on", "pulse"],
        "strike": ["off", "on", "pulse", "unlock"],
        "gate": ["close", "open"],
        "linkage": ["reset"],
    }
    assert [part.id for part in parts][:2] == ["io-1", "zone-1"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"units": [UNITS[0], {**UNITS[1], "address": 1}]}, "address 1 is given to two units"),
        ({"framing": "tcp"}, "is no address for Modbus TCP"),
        ({"units": [{**UNITS[0], "address": 0}]}, "no module has address 0, write 1 to 247"),
        ({"units": [{**UNITS[0], "address": 255}]}, "no module has address 255, write 1 to 247"),
        (
            {"framing": "tcp", "port": "tcp://10.0.0.9:502", "units": [{**UNITS[0], "address": 248}]},
            "no module has address 248, write 1 to 247, as set at it, or 255",
        ),
        ({"interlocks": [{**LINKAGE, "while": ["fire-2"]}]}, "which is no input of this line, did you mean 'fire-1'"),
        ({"interlocks": [{**LINKAGE, "hold": {"gate": "on"}}]}, "gate can't be held 'on'"),
        ({"interlocks": [{**LINKAGE, "hold": {"sirene": "on"}}]}, "did you mean 'siren'"),
        (
            {"interlocks": [LINKAGE, {**LINKAGE, "id": "other", "hold": {"siren": "off"}}]},
            "held on by one interlock and off by another",
        ),
        (
            {"units": [{**UNITS[0], "inputs": [{**UNITS[0]["inputs"][0], "means": "zone.alarn"}]}]},
            "is no kind of signal",
        ),
        (
            {"units": [{**UNITS[1], "outputs": [UNITS[1]["outputs"][0], {**UNITS[1]["outputs"][1], "number": 0}]}]},
            "output 0 of unit 2 is given twice",
        ),
        (
            {"units": [{**UNITS[0], "inputs": [UNITS[0]["inputs"][0], {**UNITS[0]["inputs"][1], "number": 2000}]}]},
            "is more than one response can hold",
        ),
    ],
)
def test_settings_name_what_is_wrong(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ModbusIoSettings(**{"port": "/dev/x", "units": UNITS, **change})
