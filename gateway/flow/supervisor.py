"""Builds, runs and restarts the drivers; alone says lost and back, once each, and silent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from gateway.driver import Driver, DriverSettings
from gateway.errors import AnjuError, CommandFailed, LinkLost, NotFound, NotRecorded
from gateway.flow.announce import Announce
from gateway.flow.emitter import Emitter, Quarantine
from gateway.flow.intake import Intake
from gateway.flow.status import DeviceStatus
from gateway.model import Command, Device, Health, Json, Signal

log = structlog.get_logger(__name__)
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
STEADY = timedelta(seconds=30)
"""A line that held this long starts again with the shortest pause."""
LOOK_S = 0.5
"""How often cadences are looked at."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One device of the YAML, ready to be built. `link` makes what its driver is handed."""

    device: Device
    driver: type[Driver]
    settings: DriverSettings
    parts: Sequence[Device]
    link: Callable[[Emitter, Callable[[], None]], Any]


class _Watched:
    """One device: its driver, and how it is."""

    def __init__(self, entry: Entry, now: datetime) -> None:
        self.entry = entry
        self.status = DeviceStatus(entry.device)
        self.driver: Driver | None = None
        self.expected_since = now
        self.heard_since_start = False


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
        self._announce = announce
        self._watched = {entry.device.id: _Watched(entry, now()) for entry in entries}
        self._owner = {part.id: entry.device.id for entry in entries for part in entry.parts}
        self._sayings: asyncio.Queue[Signal] = asyncio.Queue()

    def devices(self) -> Mapping[str, DeviceStatus]:
        """Every device, parts right after what they hang on; a part is as well as its panel."""
        found: dict[str, DeviceStatus] = {}
        for device_id, watched in self._watched.items():
            found[device_id] = watched.status
            for part in watched.entry.parts:
                found[part.id] = replace(watched.status, device=part, restarts=0)
        return found

    def actions(self, device_id: str) -> Mapping[str, frozenset[str]]:
        """The commands a device takes, each with the names of its arguments."""
        watched = self._watched.get(device_id)
        if watched is None:
            return {}
        return watched.entry.driver.actions(watched.entry.settings)

    async def run(self) -> None:
        """Runs for good; one device's trouble is that device's alone."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._say_all())
            tasks.create_task(self._watch_cadences())
            for watched in self._watched.values():
                tasks.create_task(self._keep_running(watched))

    async def perform(self, command: Command) -> Json | None:
        """Have the device do it; raises CommandFailed, or LinkLost when its line is down."""
        watched = self._watched.get(self._owner.get(command.device, command.device))
        if watched is None:
            raise NotFound(f"no device {command.device}")
        known = self.actions(watched.entry.device.id)
        if command.action not in known:
            takes = ", ".join(sorted(known)) or "none"
            raise CommandFailed(f"device {command.device} takes no command {command.action!r}; it takes: {takes}")
        if watched.driver is None:
            raise LinkLost(f"device {command.device} is not connected: {watched.status.fault or 'starting'}")
        return await watched.driver.perform(command)

    async def _keep_running(self, watched: _Watched) -> None:
        pause = FIRST_PAUSE_S
        while True:
            started = self._now()
            watched.heard_since_start = False
            fault = await self._run_once(watched)
            watched.driver = None
            self._lost(watched, fault)
            pause = FIRST_PAUSE_S if self._now() - started > STEADY else min(pause * 2, LONGEST_PAUSE_S)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # jitter

    async def _run_once(self, watched: _Watched) -> str:
        entry = watched.entry
        emit = Emitter(
            self._intake,
            self._quarantine,
            entry.device.id,
            [part.id for part in entry.parts],
            entry.driver.RETRY_WINDOW,
            lambda: self._heard(watched),
            lambda health: self._said(watched, health),
        )
        try:
            link = entry.link(emit, lambda: self._silent(watched))
            watched.driver = entry.driver(entry.device, entry.settings, link, emit)
            await watched.driver.run()
        except (AnjuError, OSError) as error:
            return str(error) or type(error).__name__
        except Exception as error:
            log.exception("a driver broke", device=entry.device.id)
            return f"{type(error).__name__}: {error}"
        return "the driver ended"

    def _heard(self, watched: _Watched) -> None:
        now = self._now()
        if watched.status.health is Health.ONLINE and watched.heard_since_start:
            watched.status = replace(watched.status, heard_at=now)
            return
        watched.heard_since_start = True
        watched.status = replace(watched.status, heard_at=now, fault=None)
        if watched.status.health is not Health.ONLINE:
            self._become(watched, Health.ONLINE, {})

    def _lost(self, watched: _Watched, fault: str) -> None:
        watched.status = replace(watched.status, restarts=watched.status.restarts + 1, fault=fault)
        if watched.status.health is not Health.OFFLINE:
            log.warning("a device is lost", device=watched.entry.device.id, why=fault)
            self._become(watched, Health.OFFLINE, {"why": fault})

    def _silent(self, watched: _Watched) -> None:
        if watched.status.health not in {Health.SILENT, Health.OFFLINE}:
            heard = watched.status.heard_at
            self._become(watched, Health.SILENT, {"last_heard": heard.isoformat() if heard else None})

    def _said(self, watched: _Watched, health: Health) -> None:
        """The device (or its bridge) said itself how it is; that signal is on record already."""
        if watched.status.health is not health:
            self._show(watched, health)

    def _become(self, watched: _Watched, health: Health, data: Json) -> None:
        self._show(watched, health)
        self._sayings.put_nowait(Signal(device=watched.entry.device.id, kind=f"device.{health}", data=data, fresh=True))

    def _show(self, watched: _Watched, health: Health) -> None:
        watched.status = replace(watched.status, health=health, since=self._now())
        for status in self.devices().values():
            if watched.entry.device.id in {status.device.id, status.device.part_of}:
                self._announce.device_changed(status)

    async def _watch_cadences(self) -> None:
        while True:
            now = self._now()
            for watched in self._watched.values():
                cadence = watched.entry.device.cadence
                last = watched.status.heard_at or watched.expected_since
                if cadence is not None and now - last > cadence:
                    self._silent(watched)
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
