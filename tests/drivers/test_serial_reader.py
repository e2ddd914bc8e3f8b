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
from gateway.errors import LinkLost
from gateway.links.serial import SerialLink
from gateway.model import Device, DeviceType
from gateway.simulator.card_reader import CardReaderTwin
from gateway.testing import DriverRun, running


def cards(run: DriverRun) -> list[dict[str, Any]]:
    return [dict(signal.data["card"]) for signal in run.reports.signals]


@asynccontextmanager
async def reader(line, **settings: Any) -> AsyncIterator[tuple[DriverRun, CardReaderTwin]]:
    made = ReaderSettings(port=line.path, **settings)
    device = Device("club", "serial_reader", DeviceType.READER, "读卡器", "gate/east")
    async with running(DRIVER, made, SerialLink(made), device) as run:
        await run.until(lambda: run.reports.heard_count)
        yield run, CardReaderTwin(line.fd)


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
    async with reader(serial_line, format=name) as (run, twin):
        show(twin)
        await run.until(lambda: run.reports.signals)
        (signal,) = run.reports.signals
        assert (signal.device, signal.kind, signal.fresh) == ("club", "credential.presented", True)
        assert signal.data["card"] == card
        assert run.reports.quarantined == []


async def test_a_pattern(serial_line) -> None:
    async with reader(serial_line, pattern="C(?P<facility>[0-9]{3})-(?P<number>[0-9]{5})") as (run, twin):
        twin.write(b"C110-24960\r\n")
        await run.until(lambda: run.reports.signals)
        assert cards(run) == [{"number": 24960, "facility": 110}]


async def test_a_card_that_stays_is_reported_once(serial_line) -> None:
    async with reader(serial_line, format="decimal", repeat="200ms") as (run, twin):
        for _ in range(10):
            twin.decimal(1)
            await asyncio.sleep(0.04)
        twin.decimal(2)
        twin.decimal(1)
        await run.until(lambda: len(run.reports.signals) == 3)
        await asyncio.sleep(0.25)
        twin.decimal(1)
        await run.until(lambda: len(run.reports.signals) == 4)
        assert [card["number"] for card in cards(run)] == [1, 2, 1, 1]


async def test_cut_late_and_with_garbage_in_front(serial_line) -> None:
    async with reader(serial_line, format="stx_hex") as (run, twin):
        for byte in b"\xff\x00\x03\x0201006E61808E\x03":
            twin.write(bytes((byte,)))
            await asyncio.sleep(0.002)
        await run.until(lambda: run.reports.signals)
        twin.write(b"\x020100")
        await run.until(lambda: run.reports.quarantined)
        assert run.reports.quarantined == [("a line broke off (masked: 0 is a digit, A a letter)", b"0000")]
        twin.stx_hex(1, 5)
        await run.until(lambda: len(run.reports.signals) == 2)


async def test_noise_does_not_flood_the_quarantine(serial_line) -> None:
    async with reader(serial_line, format="decimal") as (run, twin):
        for _ in range(50):
            twin.write(b"noise\r\n" * 10)
            await asyncio.sleep(0.002)
        twin.decimal(3)
        await run.until(lambda: run.reports.signals)
        assert 1 <= len(run.reports.quarantined) <= 6


async def test_a_card_waits_for_its_commit(serial_line) -> None:
    async with reader(serial_line, format="decimal") as (run, twin):
        run.reports.disk_full = True
        twin.decimal(1)
        twin.decimal(2)
        await asyncio.sleep(0.1)
        run.reports.disk_full = False
        await run.until(lambda: len(run.reports.signals) == 2)
        assert [card["number"] for card in cards(run)] == [1, 2]


async def test_an_unplugged_reader_is_lost(serial_line) -> None:
    async with reader(serial_line, format="decimal") as (run, _):
        os.close(serial_line.fd)
        with pytest.raises(LinkLost, match="is gone"):
            await run.until(lambda: False, 2)


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
