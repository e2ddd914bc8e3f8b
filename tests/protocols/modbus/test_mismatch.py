"""Modules and converters that answer in a way that is no answer: what is wrong is told, not that there is no power."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymodbus.framer import FramerRTU

from drivers.modbus_io import ModbusIo
from gateway.errors import LinkLost
from gateway.model import Device, DeviceType
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.mismatch import Mismatch
from gateway.protocols.modbus.outcome import ModbusResponse, NoResponse, Outcome
from gateway.protocols.modbus.request import ReadRequest, Table
from gateway.protocols.modbus.settings import ModbusIoSettings, ModbusLineSettings
from gateway.testing import RecordedReports

ASKED = ReadRequest(Table.DISCRETE, 0, 8)
PDU = bytes.fromhex("02 01 05")


def crc(frame: bytes) -> bytes:
    return frame + FramerRTU.compute_CRC(frame).to_bytes(2)


def tcp(number: int, unit: int, pdu: bytes, *, length: int | None = None) -> bytes:
    return number.to_bytes(2) + bytes(2) + (length or 1 + len(pdu)).to_bytes(2) + bytes((unit,)) + pdu


Say = Callable[[bytes], bytes]
"""What a device says to a frame that it was sent."""


@asynccontextmanager
async def served(framing: str, talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> AsyncIterator[Any]:
    """A line to a device that talks so; the device has gone when this ends."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await talk(reader, writer)
        while await reader.read(256):
            pass
        writer.close()
        gone.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = ModbusLineSettings(port=f"tcp://127.0.0.1:{port}", framing=framing, timeout="100ms")
        async with ModbusLink[None](settings).open() as line:
            yield line
        await gone.wait()


async def outcomes(framing: str, say: Say, times: int = 4) -> list[Outcome]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(256):
            writer.write(say(asked))

    async with served(framing, talk) as line:
        return [await line.request(1, ASKED) for _ in range(times)]


def number(asked: bytes) -> int:
    return int.from_bytes(asked[:2])


BY_TCP: list[tuple[Say, Mismatch]] = [
    (lambda asked: tcp(number(asked), 5, PDU), Mismatch("unit", 5, 1)),
    (lambda asked: tcp(number(asked), 255, PDU), Mismatch("unit", 255, 1)),
    (lambda asked: tcp(number(asked), 1, PDU + b"\0"), Mismatch("size", 4, 3)),
    (lambda asked: tcp(number(asked), 1, PDU[:-1]), Mismatch("size", 2, 3)),
    (lambda asked: tcp(number(asked), 1, b"\x02\x02\x05\x00"), Mismatch("size", 4, 3)),
    (lambda asked: tcp(number(asked), 1, b"\x01" + PDU[1:]), Mismatch("function", 1, 2)),
    (lambda asked: asked, Mismatch("echo")),
    (lambda asked: tcp(number(asked) + 700, 1, PDU), Mismatch("transaction_id", 0, 0)),
    (lambda asked: tcp(number(asked), 1, PDU[:-1], length=4), Mismatch("short", 2, 3)),
]


@pytest.mark.parametrize(("say", "mismatch"), BY_TCP)
async def test_by_tcp(say: Say, mismatch: Mismatch) -> None:
    for outcome in await outcomes("tcp", say):
        assert isinstance(outcome, NoResponse)
        assert outcome.mismatch is not None
        assert not outcome.late
        assert outcome.mismatch.what == mismatch.what
        assert mismatch.what == "transaction_id" or outcome.mismatch == mismatch


@pytest.mark.parametrize("surplus", [b"\0", b"\xff", b"\0\0\0", b"\r\n"])
async def test_bytes_behind_a_right_answer_by_tcp_spoil_nothing(surplus: bytes) -> None:
    got = await outcomes("tcp", lambda asked: tcp(number(asked), 1, PDU) + surplus, 20)
    assert got == [ModbusResponse(PDU)] * 20


async def test_one_answer_that_breaks_off_spoils_no_other() -> None:
    whole = iter([False, True, True, False, True])

    def say(asked: bytes) -> bytes:
        answer = tcp(number(asked), 1, PDU)
        return answer if next(whole) else answer[:-2]

    got = await outcomes("tcp", say, 5)
    assert [isinstance(outcome, ModbusResponse) for outcome in got] == [False, True, True, False, True]


async def test_a_segment_that_is_late_completes_its_answer() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = tcp(number(await reader.read(256)), 1, PDU)
        writer.write(answer[:6])
        await asyncio.sleep(0.15)
        writer.write(answer[6:])
        writer.write(tcp(number(await reader.read(256)), 1, PDU))

    async with served("tcp", talk) as line:
        assert isinstance(await line.request(1, ASKED), NoResponse)
        await asyncio.sleep(0.1)
        assert await line.request(1, ASKED) == ModbusResponse(PDU)


BY_RTU: list[tuple[Say, Mismatch]] = [
    (lambda _: crc(b"\x05" + PDU), Mismatch("unit", 5, 1)),
    (lambda _: crc(b"\x01" + PDU + b"\0"), Mismatch("size", 4, 3)),
    (lambda _: crc(b"\x01" + PDU[:-1]), Mismatch("size", 2, 3)),
    (lambda _: crc(b"\x01\x02\x02\x05\x00"), Mismatch("size", 4, 3)),
    (lambda _: crc(b"\x01\x01\x01\x05"), Mismatch("function", 1, 2)),
    (lambda asked: asked, Mismatch("echo")),
]


@pytest.mark.parametrize(("say", "mismatch"), BY_RTU)
async def test_by_rtu(say: Say, mismatch: Mismatch) -> None:
    for outcome in await outcomes("rtu", say):
        assert isinstance(outcome, NoResponse)
        if outcome.mismatch is not None:
            assert outcome.mismatch == mismatch
        assert not outcome.late
    assert isinstance(outcome, NoResponse)
    assert outcome.mismatch == mismatch


async def test_a_converters_echo_before_the_answer_spoils_nothing() -> None:
    got = await outcomes("rtu", lambda asked: asked + crc(b"\x01" + PDU))
    assert got == [ModbusResponse(PDU)] * 4


@pytest.mark.parametrize("mismatch", {mismatch for _, mismatch in BY_TCP + BY_RTU})
def test_each_is_said_in_both_languages(mismatch: Mismatch) -> None:
    assert mismatch.words.zh
    assert mismatch.words.en


async def test_the_driver_says_so_when_the_unit_counts_as_lost() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(256):
            writer.write(tcp(number(asked), 5, PDU))

    async with served("tcp", talk) as line:
        inputs = [{"number": 0, "id": "z", "name": "z", "means": "zone.alarm"}]
        units = [{"id": "io", "address": 1, "name": "io", "inputs": inputs}]
        settings = ModbusIoSettings.model_validate({"port": "/dev/null", "cycle": "20ms", "units": units})
        device = Device("line", "modbus_io", DeviceType.PANEL, "line", "gate")
        driver = ModbusIo(device, settings, ModbusLink(settings), RecordedReports())
        with pytest.raises(LinkLost, match="answers as unit 5, not 1: write `address: 5`"):
            await driver._poll(line)
