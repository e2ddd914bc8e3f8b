"""The driver harness, used as a third party would: a driver of ten lines against a real pty line."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

import pytest

from gateway.driver import Driver
from gateway.errors import BadInput, CommandFailed, LinkLost, NotRecorded
from gateway.links.serial import SerialLink, SerialSettings
from gateway.model import DeviceType, Signal
from gateway.testing import RecordedReports, running


class Button(Driver):
    """Reads `PRESS n` lines; `ping` writes and returns at once."""

    Settings = SerialSettings
    LINK = "serial"
    TYPE = DeviceType.PANEL

    async def run(self) -> None:
        async with self.link.open() as line:
            self.line = line
            buffer = b""
            while True:
                buffer += await line.read()
                *lines, buffer = buffer.split(b"\n")
                for text in lines:
                    await self.read(text)

    async def read(self, text: bytes) -> None:
        word, _, number = text.partition(b" ")
        if word != b"PRESS":
            await self.emit.quarantine(BadInput("no PRESS", text).why, text)
            return
        await self.emit(Signal(device=self.device.id, kind="panic.pressed", source_id=number.decode()))

    async def perform(self, command):
        if command.action != "ping":
            raise CommandFailed("only ping")
        await self.line.write(b"PING\n")
        return {"sent": True}


@pytest.fixture
def settings(serial_line):
    return SerialSettings(port=serial_line.path)


async def test_signals_junk_commands_and_a_full_disk(serial_line, settings):
    async with running(Button, settings, SerialLink(settings)) as run:
        await run.until(lambda: hasattr(run.driver, "line"))
        os.write(serial_line.fd, b"PRESS 7\njunk\n")
        await run.until(lambda: run.reports.signals and run.reports.quarantined)
        assert run.reports.kinds() == [("device", "panic.pressed")]
        assert run.reports.quarantined == [("no PRESS", b"junk")]
        assert await run.perform("ping") == {"sent": True}
        with pytest.raises(CommandFailed, match="only ping"):
            await run.perform("sound")
        run.reports.disk_full = True
        os.write(serial_line.fd, b"PRESS 8\n")
        with pytest.raises(NotRecorded):
            await run.until(lambda: False)
        assert [signal.source_id for signal in run.reports.not_recorded] == ["8"]


async def test_a_command_ends_at_its_limit(settings):
    limits = []

    class Deaf(Button):
        async def run(self) -> None:
            await asyncio.Event().wait()

        async def perform(self, command):
            limits.append(command.limit)
            if command.action == "wait":
                await asyncio.Event().wait()

    async with running(Deaf, settings) as run:
        with pytest.raises(TimeoutError):
            await run.perform("wait", limit=0.01)
        assert await run.perform("ping") is None
    assert limits == [timedelta(seconds=0.01), timedelta(seconds=10)]


async def test_who_was_heard_and_is_still_well() -> None:
    reports = RecordedReports()
    for part in (None, "north", "south"):
        reports.heard(part)
    assert reports.heard_parts == {None, "north", "south"}
    reports.lost("north", "no answer")
    reports.refused(None, "a wrong key")
    assert (reports.heard_parts, reports.heard_count) == ({"south"}, 3)
    assert (reports.lost_parts, reports.refusals) == ([("north", "no answer")], [(None, "a wrong key")])
    reports.heard("north")
    assert reports.heard_parts == {"north", "south"}


async def test_what_a_broker_remembered_is_no_sign_of_life() -> None:
    reports, signal = RecordedReports(), Signal(device="device", kind="door.opened")
    assert await reports(signal, remembered=True) == 1
    assert (reports.remembered, reports.signs_of_life) == ([signal], 0)
    assert await reports(signal) == 2
    reports.heard()
    assert (reports.remembered, reports.signs_of_life) == ([signal], 2)


async def test_what_a_driver_raises_reaches_the_test(settings):
    class Lost(Button):
        async def run(self) -> None:
            raise LinkLost("no answer")

    with pytest.raises(LinkLost, match="no answer"):
        async with running(Lost, settings) as run:
            await run.until(lambda: False)


async def test_a_driver_that_returns_is_told(settings):
    class Returns(Button):
        async def run(self) -> None:
            return

    with pytest.raises(AssertionError, match="must run until it is cancelled"):
        async with running(Returns, settings) as run:
            await run.until(lambda: False)
