"""Readers that print cards, on a real pty pair: the twin writes by itself, the driver reads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.serial_reader import DRIVER, ReaderSettings
from gateway.errors import LinkLost, NotRecorded
from gateway.links.serial import SerialLink
from gateway.model import Device, DeviceType, Signal, Text
from gateway.simulator.card_reader import CardReaderTwin


class Emit:
    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.aside: list[tuple[str, bytes]] = []
        self.turned_away: list[str] = []
        self.disk = True
        self.lives = 0

    async def __call__(self, signal: Signal) -> int:
        if not self.disk:
            raise NotRecorded("full")
        self.signals.append(signal)
        return len(self.signals)

    async def quarantine(self, why: Text, data: bytes) -> None:
        self.aside.append((str(why), data))

    def heard(self, part: str | None = None) -> None:
        self.lives += 1

    def lost(self, part: str, why: str) -> None: ...

    def refused(self, part: str | None, why: object) -> None:
        self.turned_away.append(str(why))


class Running:
    def __init__(self, twin: CardReaderTwin, emit: Emit, serving: asyncio.Task) -> None:
        self.twin, self.emit, self.serving = twin, emit, serving

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not true():
                if self.serving.done():
                    self.serving.result()
                await asyncio.sleep(0.005)

    def cards(self) -> list[dict[str, Any]]:
        return [dict(signal.data["card"]) for signal in self.emit.signals]


@asynccontextmanager
async def reader(line, **settings: Any) -> AsyncIterator[Running]:
    emit = Emit()
    made = ReaderSettings(port=line.path, **settings)
    device = Device("club", "serial_reader", DeviceType.READER, "读卡器", "gate/east")
    serving = asyncio.ensure_future(DRIVER(device, made, SerialLink(made), emit).run())
    run = Running(CardReaderTwin(line.fd), emit, serving)
    try:
        await run.until(lambda: emit.lives)
        yield run
    finally:
        serving.cancel()
        await asyncio.wait([serving])


@pytest.mark.parametrize(
    ("name", "show", "card"),
    [
        ("decimal", lambda twin: twin.decimal(7_233_920), {"number": 7_233_920}),
        ("hex", lambda twin: twin.hexadecimal("006E6180"), {"hex": "006e6180"}),
        ("facility_number", lambda twin: twin.facility_number(110, 24960), {"number": 24960, "facility": 110}),
        ("stx_hex", lambda twin: twin.stx_hex(1, 0x6E6180), {"number": 7_233_920}),
        ("stx_hex", lambda twin: twin.stx_hex(1, 0x6E6180, line_end=True), {"number": 7_233_920}),
        ("wiegand26_hex", lambda twin: twin.wiegand26(110, 24960), {"number": 24960, "facility": 110, "bits": 26}),
        ("wiegand_bits", lambda twin: twin.wiegand_bits(110, 24960), {"number": 24960, "facility": 110, "bits": 26}),
    ],
)
async def test_a_card_of_every_format(
    serial_line, name: str, show: Callable[[CardReaderTwin], None], card: dict
) -> None:
    async with reader(serial_line, format=name) as run:
        show(run.twin)
        await run.until(lambda: run.emit.signals)
        (signal,) = run.emit.signals
        assert (signal.device, signal.kind, signal.fresh) == ("club", "credential.presented", True)
        assert signal.data["card"] == card
        assert run.emit.aside == []


async def test_a_pattern(serial_line) -> None:
    async with reader(serial_line, pattern="C(?P<facility>[0-9]{3})-(?P<number>[0-9]{5})") as run:
        run.twin.write(b"C110-24960\r\n")
        await run.until(lambda: run.emit.signals)
        assert run.cards() == [{"number": 24960, "facility": 110}]


async def test_a_card_that_stays_is_reported_once(serial_line) -> None:
    async with reader(serial_line, format="decimal", repeat="200ms") as run:
        for _ in range(10):
            run.twin.decimal(1)
            await asyncio.sleep(0.04)
        run.twin.decimal(2)
        run.twin.decimal(1)
        await run.until(lambda: len(run.emit.signals) == 3)
        await asyncio.sleep(0.25)
        run.twin.decimal(1)
        await run.until(lambda: len(run.emit.signals) == 4)
        assert [card["number"] for card in run.cards()] == [1, 2, 1, 1]


async def test_cut_late_and_with_garbage_in_front(serial_line) -> None:
    async with reader(serial_line, format="stx_hex") as run:
        for byte in b"\xff\x00\x03\x0201006E61808E\x03":
            run.twin.write(bytes((byte,)))
            await asyncio.sleep(0.002)
        await run.until(lambda: run.emit.signals)
        run.twin.write(b"\x020100")
        await run.until(lambda: run.emit.aside)
        assert run.emit.aside == [("a line broke off (masked: 0 is a digit, A a letter)", b"0000")]
        run.twin.stx_hex(1, 5)
        await run.until(lambda: len(run.emit.signals) == 2)


async def test_noise_does_not_flood_the_quarantine(serial_line) -> None:
    async with reader(serial_line, format="decimal") as run:
        for _ in range(50):
            run.twin.write(b"noise\r\n" * 10)
            await asyncio.sleep(0.002)
        run.twin.decimal(3)
        await run.until(lambda: run.emit.signals)
        assert 1 <= len(run.emit.aside) <= 6


async def test_a_card_waits_for_its_commit(serial_line) -> None:
    async with reader(serial_line, format="decimal") as run:
        run.emit.disk = False
        run.twin.decimal(1)
        run.twin.decimal(2)
        await asyncio.sleep(0.1)
        run.emit.disk = True
        await run.until(lambda: len(run.emit.signals) == 2)
        assert [card["number"] for card in run.cards()] == [1, 2]


async def test_an_unplugged_reader_is_lost(serial_line) -> None:
    async with reader(serial_line, format="decimal") as run:
        os.close(serial_line.fd)
        with pytest.raises(LinkLost, match="is gone"):
            await asyncio.wait_for(asyncio.shield(run.serving), 2)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "a reader has a `format` or a `pattern`"),
        ({"format": "decimal", "pattern": "(?P<number>1)"}, "a reader has a `format` or a `pattern`"),
        ({"pattern": "(?P<number>["}, "is no pattern"),
        ({"pattern": "[0-9]+"}, "no group matches the card"),
        ({"pattern": "(?P<numer>[0-9]+)"}, "did you mean 'number'"),
    ],
)
def test_settings_name_what_is_wrong(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why.replace("?", r"\?")):
        ReaderSettings(port="/dev/x", **settings)
