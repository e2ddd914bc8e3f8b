"""Run a driver against a device, or a twin of one, and collect what it reports.

Such as:

    async with running(DRIVER, settings, link=SerialLink(settings)) as run:
        twin.write(b"ALARM 7")
        await run.until(lambda: run.reports.signals)
        assert run.reports.kinds() == [("device", "zone.alarm")]
        await run.perform("sound", seconds=5)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from gateway.driver import Driver, DriverSettings
from gateway.errors import NotRecorded
from gateway.model import Command, Device, Json, Signal, Text


class RecordedReports:
    """An `Emit` that keeps everything in memory. Set `disk_full` to have it refuse, as a full disk does."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.quarantined: list[tuple[str, bytes]] = []
        """Why, in English, and the bytes."""
        self.remembered: list[Signal] = []
        """Those of `signals` that a broker delivered from its memory."""
        self.heard_count = 0
        self.heard_parts: set[str | None] = set()
        """The device (None) and the parts that were heard and, since then, neither lost nor refused."""
        self.lost_parts: list[tuple[str, str]] = []
        self.refusals: list[tuple[str | None, str]] = []
        self.not_recorded: list[Signal] = []
        """Signals that were refused because of `disk_full`."""
        self.disk_full = False

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        """Keep the signal and return its number, from 1. Raises NotRecorded when the disk is full."""
        await asyncio.sleep(0)
        if self.disk_full:
            self.not_recorded.append(signal)
            raise NotRecorded("the disk is full")
        self.signals.append(signal)
        if remembered:
            self.remembered.append(signal)
        return len(self.signals)

    async def quarantine(self, why: Text, data: bytes) -> None:
        """Keep bytes that the driver could not read. Raises NotRecorded when the disk is full."""
        if self.disk_full:
            raise NotRecorded("the disk is full")
        self.quarantined.append((str(why), data))

    def heard(self, part: str | None = None) -> None:
        """Count a sign of life."""
        self.heard_count += 1
        self.heard_parts.add(part)

    def lost(self, part: str, why: Text) -> None:
        """Keep that a part does not answer."""
        self.lost_parts.append((part, str(why)))
        self.heard_parts.discard(part)

    def refused(self, part: str | None, why: Text) -> None:
        """Keep that what the device says is not accepted."""
        self.refusals.append((part, str(why)))
        self.heard_parts.discard(part)

    @property
    def signs_of_life(self) -> int:
        """How often the device was heard: reports of `heard`, and signals that no broker delivered from its memory."""
        return self.heard_count + len(self.signals) - len(self.remembered)

    def kinds(self) -> list[tuple[str, str]]:
        """The device and kind of every signal, in order."""
        return [(signal.device, signal.kind) for signal in self.signals]


class DriverRun:
    """A driver that runs as a task of the test."""

    def __init__(self, driver: Driver, reports: RecordedReports, task: asyncio.Task[None]) -> None:
        self.driver = driver
        self.reports = reports
        self.task = task
        self.failed = False
        """Whether `until` has raised the driver's own error."""

    async def until(self, condition: Callable[[], object], seconds: float = 5) -> None:
        """Wait until `condition()` is true. Raises what the driver raises meanwhile, TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while not condition():
                if self.task.done():
                    self.failed = True
                    self.task.result()
                    raise AssertionError("the driver's run() returned; it must run until it is cancelled")
                await asyncio.sleep(0.005)

    async def perform(self, action: str, *, limit: float = 10, **arguments: Any) -> Json | None:
        """Have the driver carry out a command; returns the device's answer.

        Raises CommandFailed. Raises TimeoutError after `limit` seconds, when the gateway too would cancel the command.
        """
        command = Command(self.driver.device.id, action, arguments, by="test", limit=timedelta(seconds=limit))
        async with asyncio.timeout(limit):
            return await self.driver.perform(command)


@asynccontextmanager
async def running(
    driver: type[Driver],
    settings: DriverSettings,
    link: Any = None,
    device: Device | None = None,
    reports: RecordedReports | None = None,
) -> AsyncIterator[DriverRun]:
    """Run the driver until the block ends; it is cancelled then, as the supervisor would do.

    `device` is one named `device` at place `gate` by default. An error of the driver that `until` has not raised is
    raised at the end of the block.
    """
    device = device or Device("device", driver.__module__, driver.TYPE, "device", "gate")
    reports = reports or RecordedReports()
    made = driver(device, settings, link, reports)
    task = asyncio.ensure_future(made.run())  # noqa: TID251  # a TaskGroup would wrap the driver's errors in groups
    run = DriverRun(made, reports, task)
    try:
        yield run
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not run.failed and not task.cancelled():
            task.result()
