"""A recorder over a real store, clip_storage and desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.desk import DecisionOnEvent, Desk
from gateway.model import Alert, Device, DeviceType, Raise, Severity, Signal, Words
from gateway.recording import recording_writer, rows
from gateway.recording.camera_lookup import CameraLookup
from gateway.recording.clip import RecordedClip
from gateway.recording.recorder import Recorder
from gateway.recording.recording_writer import RecordingWriter
from gateway.recording.storage import ClipStorage
from gateway.store import Store, journal
from tests.recording.footage import Footage

DEVICES = {
    device.id: device
    for device in (
        Device("fence", "camera", DeviceType.CAMERA, "北围墙", "wall/n2"),
        Device("fence-2", "camera", DeviceType.CAMERA, "北围墙另一台", "wall/n2"),
        Device("gate", "camera", DeviceType.CAMERA, "东门", "gate/east"),
        *(Device(f"lane-{n}", "camera", DeviceType.CAMERA, f"车道{n}", f"lane/{n}") for n in range(22)),
        Device("n2", "perimeter_panel", DeviceType.ZONE, "北围墙2段", "wall/n2"),
        Device("home", "mqtt_device", DeviceType.HOME, "1502室", "b3/u1/1502"),
    )
}


@dataclass
class World:
    """`now` is the clock of all; `told` the alerts that screens hear of."""

    store: Store
    clip_storage: ClipStorage
    desk: Desk
    footage: Footage = field(default_factory=Footage)
    now: datetime = field(default_factory=lambda: datetime.fromtimestamp(1_000_012.0, UTC))
    told: list[str] = field(default_factory=list)
    writer: RecordingWriter = field(init=False)
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As after a crash: nothing is left but what is on disk."""
        self.writer = RecordingWriter(self.footage, self.store, self.clip_storage, lambda: self.now)
        self.recorder = Recorder(CameraLookup(DEVICES), self.writer, lambda: self.now, self._changed)

    async def _changed(self, alert: str) -> None:
        self.told.append(alert)

    async def alert(self, device: str = "n2", key: str = "k") -> Alert:
        """Raised, or raised again, now."""
        signal = Signal(device=device, kind="x.test", received=self.now)
        kept = await self.store.write(lambda c: journal.record_signal(c, signal, timedelta()))
        numbered = Signal(device=device, kind="x.test", received=self.now, id=signal.id, number=kept.number)
        decision = Raise(key, Severity.HIGH, DEVICES[device].place, Words("报警", "alarm"), device)
        [alert] = await self.desk.decide([DecisionOnEvent("wall", decision, numbered)], lambda _c: None)
        return alert

    async def close(self, alert: Alert, disposition: str) -> None:
        await self.desk.step(alert.id, "acknowledge", "guard")
        await self.desk.step(alert.id, "close", "guard", data={"disposition": disposition})

    async def clips(self, alert: Alert) -> list[RecordedClip]:
        return await self.store.read(lambda c: rows.of_alert(c, alert.id))

    async def pass_time(self, seconds: float) -> None:
        """All cameras film on meanwhile."""
        for _ in range(int(seconds)):
            self.now += timedelta(seconds=1)
            for camera in self.footage.cameras.values():
                camera.film(25)
            await asyncio.sleep(0.01)

    async def until(self, what: Callable[[], object], seconds: float = 10) -> None:
        async with asyncio.timeout(seconds):
            while not what():
                await asyncio.sleep(0.01)


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(recording_writer, "POLL_S", 0.005)
    monkeypatch.setattr(recording_writer, "RETRY_S", 0.005)
    async with Store.open(tmp_path) as store:
        made: World
        desk = Desk(store, lambda: made.now)
        made = World(store, ClipStorage.in_data_folder(tmp_path), desk)
        yield made


@pytest.fixture
async def running(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """Its recorder runs, and has looked for alerts of an earlier run: on a busy machine it would find the test's."""
    resumed, alerts_since = asyncio.Event(), world.writer.alerts_since

    async def reading(when: datetime) -> list[Alert]:
        found = await alerts_since(when)
        resumed.set()
        return found

    monkeypatch.setattr(world.writer, "alerts_since", reading)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(world.recorder.run())
        await resumed.wait()
        yield world
        task.cancel()
