"""Whose answer it is: asked of pymodbus's own server, in time, late, lossy and with noise in between."""

from __future__ import annotations

import asyncio
import random

import pytest
from pymodbus.client import AsyncModbusSerialClient

from gateway.errors import LinkLost
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.outcome import ExceptionResponse, ModbusResponse, NoResponse, Outcome
from gateway.protocols.modbus.request import ReadRequest, Table, WriteCoilRequest
from gateway.protocols.modbus.settings import ModbusLineSettings
from gateway.simulator.modbus import ModbusModules, run_modules
from tests.support.modbus_line import a_line

LOW, HIGH = ReadRequest(Table.DISCRETE, 0, 8), ReadRequest(Table.DISCRETE, 8, 8)
"""Two ranges of one unit whose answers look alike. Inputs 0 and 9 are closed in all these tests."""
LOW_IS, HIGH_IS = b"\x02\x01\x01", b"\x02\x01\x02"


async def prepare(modules: ModbusModules, *units: int) -> None:
    for unit in units:
        await modules.contact(unit, 0)
        await modules.contact(unit, 9)


def is_silent(outcome: Outcome) -> bool:
    return isinstance(outcome, NoResponse)


async def test_pymodbus_itself_takes_a_late_answer_for_the_next() -> None:
    """The fault, so that the tests below are known to be about something."""
    async with run_modules([3]) as (modules, wire, path):
        await prepare(modules, 3)
        wire.delay = lambda _answer: 0.15
        client = AsyncModbusSerialClient(str(path), baudrate=115200, timeout=0.1, retries=0)
        await client.connect()
        with pytest.raises(Exception, match="No response"):
            await client.read_discrete_inputs(0, count=8, device_id=3)
        got = await client.read_discrete_inputs(8, count=8, device_id=3)
        client.close()
        assert got.bits[0]  # input 0, asked for inputs 8 to 15


async def test_a_late_answer_is_not_taken_for_another_range_of_its_unit() -> None:
    async with a_line(3) as bench:
        await prepare(bench.modules, 3)
        bench.wire.delay = lambda _answer: 0.15
        assert is_silent(await bench.line.request(3, LOW))
        for _ in range(6):
            assert is_silent(await bench.line.request(3, HIGH))
        bench.wire.delay = lambda _answer: 0.0
        assert await bench.line.request(3, HIGH) == ModbusResponse(HIGH_IS)


@pytest.mark.parametrize("late", [0.11, 0.13, 0.17, 0.19, 0.21, 0.25])
async def test_once_late_it_is_right_again_whenever_the_answer_comes(late: float) -> None:
    async with a_line(3) as bench:
        await prepare(bench.modules, 3)
        waits = iter([late])
        bench.wire.delay = lambda _answer: next(waits, 0.0)
        assert is_silent(await bench.line.request(3, LOW))
        for _ in range(5):
            outcome = await bench.line.request(3, HIGH)
            assert outcome == ModbusResponse(HIGH_IS) or is_silent(outcome)
        assert outcome == ModbusResponse(HIGH_IS)


async def test_a_late_answer_is_not_taken_for_another_units() -> None:
    async with a_line(3, 4) as bench:
        await bench.modules.contact(3, 0)
        bench.wire.delay = lambda answer: 0.12 if answer[0] == 3 else 0.0
        for _ in range(4):
            assert is_silent(await bench.line.request(3, LOW))
            assert await bench.line.request(4, LOW) == ModbusResponse(b"\x02\x01\x00")


@pytest.mark.parametrize("seed", range(3))
async def test_no_answer_is_ever_anothers(seed: int) -> None:
    """Three units and two ranges of each, all of different contents; anything may be late at any time."""
    chance = random.Random(seed)
    contents = {(unit, first): chance.sample(range(8), 4) for unit in (1, 2, 3) for first in (0, 8)}
    async with a_line(1, 2, 3, timeout="20ms") as bench:
        for (unit, first), closed in contents.items():
            for number in closed:
                await bench.modules.contact(unit, first + number)
        bench.wire.delay = lambda _answer: chance.choice([0, 0, 0, 0.015, 0.025, 0.04, 0.06, 0.1])
        heard = 0
        for _ in range(150):
            unit, first = chance.choice(list(contents))
            outcome = await bench.line.request(unit, ReadRequest(Table.DISCRETE, first, 8))
            if isinstance(outcome, ModbusResponse):
                heard += 1
                assert outcome.pdu[2] == sum(1 << number for number in contents[unit, first])
        assert heard > 20


async def test_it_is_told_that_a_unit_answers_too_late() -> None:
    async with a_line(3, 4) as bench:
        bench.wire.delay = lambda answer: 0.12 if answer[0] == 3 else 0.0
        assert await bench.line.request(3, LOW) == NoResponse(late=False)
        await bench.line.request(4, LOW)
        await asyncio.sleep(0.05)
        await bench.line.request(4, LOW)
        assert await bench.line.request(3, LOW) == NoResponse(late=True)


async def test_an_old_state_is_not_taken_for_the_present_one() -> None:
    """The same range again: what it tells is older than the question, so it is no answer to it."""
    async with a_line(3) as bench:
        waits = iter([0.15])
        bench.wire.delay = lambda _answer: next(waits, 0.0)
        assert is_silent(await bench.line.request(3, LOW))
        await bench.modules.contact(3, 0)
        assert await bench.line.request(3, LOW) == ModbusResponse(LOW_IS)


async def test_what_is_owed_to_who_asked_before_is_no_answer() -> None:
    async with run_modules([3]) as (modules, wire, path):
        await prepare(modules, 3)
        settings = ModbusLineSettings(port=str(path), baud=115200)
        async with ModbusLink[None](settings).open() as line:
            wire.delay = lambda _answer: 0.05
            asking = asyncio.ensure_future(line.request(3, LOW))
            await asyncio.sleep(0.02)
            asking.cancel()
        wire.delay = lambda _answer: 0.0
        async with ModbusLink[None](settings).open() as line:
            assert await line.request(3, HIGH) == ModbusResponse(HIGH_IS)


async def test_a_unit_without_the_echo_is_heard_again_all_the_same() -> None:
    async with a_line(3) as bench:
        await prepare(bench.modules, 3)
        heed = bench.modules._trace
        bench.modules.offline = {3}
        assert is_silent(await bench.line.request(3, LOW))
        bench.modules.offline = set()
        server = bench.modules._server
        for handler in server.active_connections.values():  # it leaves function 8 unanswered
            handler.trace_pdu = lambda sending, pdu: heed(sending, pdu) if pdu.function_code != 8 else None
        assert is_silent(await bench.line.request(3, LOW))
        assert await bench.line.request(3, HIGH) == ModbusResponse(HIGH_IS)
        assert await bench.line.request(3, LOW) == ModbusResponse(LOW_IS)


async def test_noise_before_an_answer_costs_nothing() -> None:
    async with a_line(3) as bench:
        await prepare(bench.modules, 3)
        for noise in (b"\x00", b"\xff\x03\x02", bytes.fromhex("03 02 f0"), bytes(range(40))):
            asking = asyncio.ensure_future(bench.line.request(3, LOW))
            await asyncio.sleep(0.001)
            bench.wire.inject(noise)
            assert await asking == ModbusResponse(LOW_IS)


async def test_a_line_that_is_never_silent_is_not_waited_for() -> None:
    async with a_line(3, baud=600) as bench:  # silent is 58 ms then, which no busy machine lets pass between two words
        babble = asyncio.ensure_future(chatter(bench.wire))
        await asyncio.sleep(0.01)
        async with asyncio.timeout(2):
            assert is_silent(await bench.line.request(3, LOW))
        babble.cancel()


async def chatter(wire) -> None:
    while True:
        wire.inject(b"\x00\x55")
        await asyncio.sleep(0.0005)


async def test_what_a_unit_does_not_have_it_refuses() -> None:
    async with a_line(3) as bench:
        outcome = await bench.line.request(3, ReadRequest(Table.DISCRETE, 100, 8))
        assert outcome == ExceptionResponse(2)
        assert str(outcome) == "it has no such inputs or registers (exception 2)"


async def test_every_table_and_a_coil() -> None:
    async with a_line(3) as bench:
        assert await bench.line.request(3, WriteCoilRequest(5, on=True)) == ModbusResponse(b"\x05\x00\x05\xff\x00")
        assert await bench.modules.relay(3, 5)
        coils = ReadRequest(Table.COIL, 0, 8)
        answer = await bench.line.request(3, coils)
        assert isinstance(answer, ModbusResponse)
        assert coils.bits(answer.pdu) == [number == 5 for number in range(8)]
        await bench.modules._server.async_setValues(3, 3, 1, [0x8001])
        registers = ReadRequest(Table.HOLDING, 0, 2)
        answer = await bench.line.request(3, registers)
        assert isinstance(answer, ModbusResponse)
        assert [at for at, bit in enumerate(registers.bits(answer.pdu)) if bit] == [16, 31]


async def test_modbus_tcp_tells_answers_by_their_numbers() -> None:
    modules = ModbusModules([1])
    async with modules.on_tcp() as port:
        settings = ModbusLineSettings(port=f"tcp://127.0.0.1:{port}", framing="tcp", timeout="100ms")
        await prepare(modules, 1)
        async with ModbusLink[None](settings).open() as line:
            send = line.stream.write

            async def slow(data: bytes) -> None:
                loop = asyncio.get_running_loop()
                loop.call_later(0.15, lambda: tasks.append(asyncio.ensure_future(send(data))))

            tasks: list = []
            line.stream.write = slow  # type: ignore[method-assign]
            assert is_silent(await line.request(1, LOW))
            del line.stream.write
            await asyncio.sleep(0.1)
            assert await line.request(1, HIGH) == ModbusResponse(HIGH_IS)


async def test_rtu_behind_a_converter() -> None:
    modules = ModbusModules([7])
    async with modules.on_tcp(rtu=True) as port:
        await prepare(modules, 7)
        async with ModbusLink[None](ModbusLineSettings(port=f"tcp://127.0.0.1:{port}")).open() as line:
            assert await line.request(7, LOW) == ModbusResponse(LOW_IS)


async def test_a_line_that_is_gone_is_lost() -> None:
    modules = ModbusModules([1])
    async with modules.on_tcp() as port:
        settings = ModbusLineSettings(port=f"tcp://127.0.0.1:{port}", framing="tcp")
        async with ModbusLink[None](settings).open() as line:
            await line.request(1, LOW)
            for handler in list(modules._server.active_connections.values()):
                handler.close()
            with pytest.raises(LinkLost, match="is gone"):
                await line.request(1, LOW)
