"""The flow without the web: a real store, a real pipeline, and an ear for what is announced."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from gateway.clock import Clock
from gateway.desk import Desk
from gateway.desk.changed_alerts import ChangedAlerts
from gateway.desk.unpersisted import UnpersistedAlerts
from gateway.flow.commands import Commands
from gateway.flow.intake import Intake
from gateway.flow.pipeline import Pipeline
from gateway.flow.rule_engine import NewRules, RuleEngine
from gateway.flow.tell import Tell
from gateway.flow.unrecorded_signals import UnrecordedSignals
from gateway.model import Device, DeviceType, Place, Register, Signal, Words
from gateway.recording.camera_lookup import CameraLookup
from gateway.recording.snapshot_taker import SnapshotTaker
from gateway.rule import Compound
from gateway.store import Store, journal

N1 = Device("n1", "test", DeviceType.ZONE, "北墙1", "wall/n1")
COMPOUND = Compound(
    "西子御园",
    {"n1": N1, "cam": Device("cam", "test", DeviceType.CAMERA, "北墙相机", "wall/n1")},
    {"wall/n1": Place("wall/n1", Words("北围墙1段", "North wall 1"))},
)


@dataclass
class Ear:
    alerts: list = field(default_factory=list)
    incidents: list = field(default_factory=list)
    silences: list = field(default_factory=list)
    signals: list = field(default_factory=list)
    devices: list = field(default_factory=list)

    def alert_changed(self, alert):
        self.alerts.append(alert)

    def incident_changed(self, incident):
        self.incidents.append(incident)

    def silence_changed(self, silence):
        self.silences.append(silence)

    def device_changed(self, status):
        self.devices.append(status)

    def signal_seen(self, signal):
        self.signals.append(signal)

    def dropped(self, counts):
        pass


@dataclass
class Flow:
    store: Store
    intake: Intake
    desk: Desk
    commands: Commands
    ear: Ear

    async def say(self, kind="zone.alarm", **more):
        return await self.intake.accept(Signal(device="n1", kind=kind, **more), timedelta(days=1))

    async def until(self, condition, seconds=5):
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.01)


@pytest.fixture
def flow_of(tmp_path):
    """Opens the flow over the same folder each time, so that a test can end it and start it anew."""

    @asynccontextmanager
    async def open_flow(*rules, perform=None, folder=tmp_path, register=Register):
        ear = Ear()
        clock = Clock()

        async def refuse(_command):
            raise OSError("no device here")

        async with Store.open(folder) as store:
            memory = UnpersistedAlerts(clock.now, ChangedAlerts())
            intake = Intake(store, clock, UnrecordedSignals(memory, lambda: COMPOUND, clock.now))
            desk = Desk(store, clock.now, memory, intake.act_all)
            await desk.load()

            async def picture(camera):
                return f"what {camera} sees".encode()

            async def say(signal):
                return await intake.accept(signal, timedelta(days=1))

            commands = Commands(store, clock.now, perform or refuse, say, intake.act)
            witness = SnapshotTaker(desk, store, CameraLookup(COMPOUND.devices), picture)
            pipeline = Pipeline(
                store, clock, intake, RuleEngine(register), desk, commands, ear, Tell(memory.changed, ear), witness
            )
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(work)
                    for work in (pipeline.run(), commands.run(), intake.watch_storage(), witness.run())
                ]
                new = NewRules(rules)
                await intake.switch_rules(new, lambda c: journal.record_configuration(c, clock.now(), "", ""))
                await new.applied.wait()
                yield Flow(store, intake, desk, commands, ear)
                for task in running:
                    task.cancel()

    return open_flow
