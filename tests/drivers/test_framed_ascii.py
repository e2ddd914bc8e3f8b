"""A small panel as many are: text between STX and CR, a sum as hexadecimal digits, and ACK as a single byte."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from drivers.framed_serial import DRIVER, FramedSerialSettings
from gateway.errors import CommandFailed
from gateway.links.serial import SerialLink
from gateway.model import Command, Device, DeviceType
from gateway.protocols.framed.frame_format import FrameFormat
from gateway.protocols.framed.frame_parser import FrameParser
from gateway.protocols.framed.settings import FramedSettings
from gateway.testing import running

TEXT_PANEL = {
    "frame": {"start": "02", "end": "0D", "checksum": {"kind": "sum8", "text": True}},
    "fields": {
        "what": {"at": 1, "type": "ascii", "values": {"A": "alarm", "R": "restored", "K": "alive", "Y": "done"}},
        "loop": {"at": 2, "type": "digits", "width": 2},
        "zone": {"at": 4, "type": "digits", "width": 3},
        "note": {"at": 7, "type": "ascii", "width": 4},
    },
    "messages": [
        {"when": {"what": "alarm"}, "kind": "zone.alarm", "zone": ["loop", "zone"], "data": {"text": "note"}},
        {"when": {"what": "restored"}, "kind": "zone.restored", "zone": ["loop", "zone"]},
        {"when": {"what": "alive"}},
        {"when": {"what": "done"}},
    ],
    "acknowledge": [{"when": {"what": ["alarm", "restored"]}, "send": {"raw": "06"}}],
    "commands": {
        "silence": {"send": "'S'"},
        "arm": {
            "send": "'M' {area}",
            "arguments": {"area": {"type": "digits", "width": 2, "default": 1}},
            "answer": {"what": "done"},
        },
    },
    "zones": [{"number": "2.17", "id": "north-17", "name": "北墙17"}],
}
FRAME = FrameFormat.model_validate(TEXT_PANEL["frame"])


@pytest.fixture
async def panel(serial_line):
    settings = FramedSerialSettings.model_validate({**TEXT_PANEL, "port": serial_line.path})
    device = Device("host", "framed_serial", DeviceType.PANEL, "主机", "gate")
    async with running(DRIVER, settings, SerialLink(settings), device) as run:
        await asyncio.sleep(0.05)
        yield run, serial_line


async def test_events_are_told_and_acknowledged(panel) -> None:
    run, line = panel
    line.write(b"\x02A02017FIRE" + FRAME.build(b"A02017FIRE")[-3:])
    await run.until(lambda: run.reports.signals)
    assert [(each.device, each.kind, dict(each.data)) for each in run.reports.signals] == [
        ("north-17", "zone.alarm", {"zone": "2.17", "text": "FIRE"})
    ]
    await asyncio.sleep(0.02)
    assert line.read() == b"\x06"
    line.write(FRAME.build(b"R03001"))
    await run.until(lambda: len(run.reports.signals) == 2)
    assert (run.reports.signals[1].device, run.reports.signals[1].data) == ("host", {"zone": "3.1"})


@pytest.mark.parametrize("kind", ["ascii", "digits"])
def test_the_clock_of_a_panel_that_writes_text(kind: str) -> None:
    timed = {"when": {"what": "alarm"}, "kind": "zone.alarm", "at": "time"}
    fields = {**TEXT_PANEL["fields"], "time": {"at": 2, "type": kind, "width": 12}}
    settings = FramedSettings.model_validate({**TEXT_PANEL, "port": "/dev/x", "fields": fields, "messages": [timed]})
    parsed = FrameParser(settings).parse(FRAME.build(b"A050102030405"))
    assert parsed
    assert parsed.events[0].at == datetime(2005, 1, 1, 19, 4, 5, tzinfo=UTC)


async def test_a_message_whose_field_is_missing_is_kept(panel) -> None:
    run, line = panel
    line.write(FRAME.build(b"A02"))
    await run.until(lambda: run.reports.quarantined)
    assert run.reports.quarantined == [("field 'zone' can't be read in it", FRAME.build(b"A02"))]


async def test_commands_with_and_without_an_answer(panel) -> None:
    run, line = panel
    assert await run.driver.perform(Command("host", "silence")) == {"confirmed": False}
    await asyncio.sleep(0.02)
    assert line.read() == FRAME.build(b"S")
    arming = asyncio.ensure_future(run.driver.perform(Command("host", "arm", {"area": 3})))
    got = bytearray()
    await run.until(lambda: got.extend(line.read()) or got)
    assert got == FRAME.build(b"M03")
    line.write(FRAME.build(b"Y"))
    assert await arming == {"area": 3}
    with pytest.raises(CommandFailed, match="can't be sent to host: 1234 does not fit into 2 bytes"):
        await run.driver.perform(Command("host", "arm", {"area": 1234}))
