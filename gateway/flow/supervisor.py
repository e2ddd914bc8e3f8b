"""Builds, runs and restarts the drivers; alone says lost and back, once each, and silent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from gateway.errors import AnjuError, CommandFailed, LinkLost, NotFound, NotRecorded
from gateway.flow.announce import Announce
from gateway.flow.emitter import Emitter, Quarantine
from gateway.flow.intake import Intake
from gateway.flow.status import DeviceStatus
from gateway.flow.watched import Entry, Watched
from gateway.model import Command, Json, Signal

__all__ = ["Entry", "Supervisor"]

log = structlog.get_logger(__name__)
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STEADY = timedelta(seconds=30)
"""A line that held this long starts again with the shortest pause."""
LOOK_S = 0.5
"""How often cadences are looked at."""


class Supervisor:
    def __init__(
        self,
        entries: Sequence[Entry],
        intake: Intake,
        quarantine: Quarantine,
        now: Callable[[], datetime],
        announce: Announce,
    ) -> None:
        self._intake = intake
        self._quarantine = quarantine
        self._now = now
        self._sayings: asyncio.Queue[Signal] = asyncio.Queue()
        self._watched = {entry.device.id: Watched(entry, now, announce, self._sayings.put_nowait) for entry in entries}
        self._owner = {part.id: entry.device.id for entry in entries for part in entry.parts}

    def devices(self) -> Mapping[str, DeviceStatus]:
        """Every device, parts right after what they hang on."""
        return {status.device.id: status for watched in self._watched.values() for status in watched.statuses()}

    def actions(self, device_id: str) -> Mapping[str, frozenset[str]]:
        """The commands a device takes, each with the names of its arguments."""
        watched = self._find(device_id)
        return watched.entry.actions(device_id) if watched else {}

    async def run(self) -> None:
        """Runs for good; one device's trouble is that device's alone."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._say_all())
            tasks.create_task(self._watch_cadences())
            for watched in self._watched.values():
                tasks.create_task(self._keep_running(watched))

    async def perform(self, command: Command) -> Json | None:
        """Have the device do it; raises CommandFailed, or LinkLost when its line is down."""
        watched = self._find(command.device)
        if watched is None:
            raise NotFound(f"no device {command.device}")
        known = {**watched.entry.actions(watched.entry.device.id), **watched.entry.actions(command.device)}
        if command.action not in known:
            takes = ", ".join(sorted(known)) or "none"
            raise CommandFailed(f"device {command.device} takes no command {command.action!r}; it takes: {takes}")
        if watched.driver is None:
            raise LinkLost(f"device {command.device} is not connected: {watched.status.fault or 'starting'}")
        return await watched.driver.perform(command)

    def _find(self, device_id: str) -> Watched | None:
        return self._watched.get(self._owner.get(device_id, device_id))

    async def _keep_running(self, watched: Watched) -> None:
        pause = FIRST_PAUSE_S
        while True:
            started = self._now()
            watched.starts()
            watched.ended(await self._run_once(watched))
            pause = FIRST_PAUSE_S if self._now() - started > STEADY else min(pause * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # jitter

    async def _run_once(self, watched: Watched) -> str:
        entry = watched.entry
        emit = Emitter(
            self._intake,
            self._quarantine,
            entry.device.id,
            [part.id for part in entry.parts],
            entry.driver.RETRY_WINDOW,
            watched,
        )
        try:
            link = entry.link(emit, lambda: watched.silent(entry.device.id))
            watched.driver = entry.driver(entry.device, entry.settings, link, emit)
            await watched.driver.run()
        except (AnjuError, OSError) as error:
            return str(error) or type(error).__name__
        except Exception as error:
            log.exception("a driver broke", device=entry.device.id)
            return f"{type(error).__name__}: {error}"
        return "the driver ended"

    async def _watch_cadences(self) -> None:
        while True:
            for watched in self._watched.values():
                watched.look()
            await asyncio.sleep(LOOK_S)

    async def _say_all(self) -> None:
        """Say what became of devices, in order, as soon as the record takes it."""
        while True:
            signal = await self._sayings.get()
            while True:
                try:
                    await self._intake.accept(signal, timedelta())
                except NotRecorded:
                    await asyncio.sleep(1)
                else:
                    break
