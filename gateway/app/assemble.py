"""The gateway, put together: one stack and one group of tasks start and end everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from gateway.app import housekeeping, systemd
from gateway.app.doors import make_broker_client, make_endpoint
from gateway.app.known import keep_known
from gateway.app.links import Doors
from gateway.app.pages import open_pages
from gateway.app.recording import Recording, make_recording
from gateway.clock import Clock
from gateway.desk import Desk
from gateway.errors import NotRecorded
from gateway.flow.commands import Commands
from gateway.flow.emitter import Quarantine
from gateway.flow.intake import Intake
from gateway.flow.pipeline import Pipeline
from gateway.flow.rulebook import Rulebook
from gateway.flow.supervisor import Entry, Supervisor
from gateway.flow.unrecorded import GATEWAY, Unrecorded
from gateway.flow.witness import Witness
from gateway.model import Device, DeviceType, Signal
from gateway.people import People
from gateway.rule import Compound
from gateway.settings.configuration import Configuration
from gateway.store import Store, journal
from gateway.vision.pool import VisionPool
from gateway.web.hub import Hub

log = structlog.get_logger(__name__)
OWN_WINDOW = timedelta(days=1)
"""How long the gateway's own signals are known by their source id: the ends of commands."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that serves; `mqtt_port` is None when it opens no endpoint."""

    http_url: str
    mqtt_port: int | None
    store: Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the gateway is made of, each made from those above it."""

    configuration: Configuration
    clock: Clock
    store: Store
    compound: Compound
    hub: Hub
    desk: Desk
    intake: Intake
    quarantine: Quarantine
    doors: Doors
    supervisor: Supervisor
    commands: Commands
    pipeline: Pipeline
    people: People
    unrecorded: Unrecorded
    witness: Witness
    recording: Recording
    say: Callable[[Signal], Awaitable[int]]


@asynccontextmanager
async def open_gateway(configuration: Configuration, data: Path) -> AsyncIterator[Gateway]:
    """Runs while the context is open; ends everything, in order, when it closes."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(data))
        parts = _make(configuration, store)
        await _record_configuration(parts)
        await parts.desk.load()
        await parts.pipeline.catch_up()
        await _open_doors(stack, parts.doors)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running = [tasks.create_task(work) for work in _works(parts)]
        stack.callback(_cancel, running)
        http_url = await open_pages(stack, parts)
        yield Gateway(http_url, parts.doors.endpoint.port if parts.doors.endpoint else None, store)


def _make(configuration: Configuration, store: Store) -> Parts:
    clock, hub = Clock(), Hub()
    compound = _compound(configuration)
    desk = Desk(store, clock.now, hub.alert_changed)
    unrecorded = Unrecorded(desk.memory, compound, clock.now)
    intake = Intake(store, clock, unrecorded)
    say = speak(intake)
    quarantine = Quarantine(store, clock.now)
    mqtt = configuration.compound.mqtt
    doors = Doors(
        make_endpoint(mqtt, quarantine),
        make_broker_client(mqtt, quarantine),
        VisionPool(configuration.compound.vision.workers, home_province=configuration.compound.home_province),
    )
    entries = [
        Entry(entry.device, entry.driver, entry.settings, entry.parts, doors.link_of(entry))
        for entry in configuration.devices
    ]
    supervisor = Supervisor(entries, intake, quarantine, clock.now, hub)
    commands = Commands(store, clock.now, supervisor.perform, say)
    rulebook = Rulebook(
        [(entry.rule(entry.id, entry.settings, compound), entry.fingerprint) for entry in configuration.rules]
    )
    witness = Witness(desk, store, compound.devices, doors.picture)
    recording = make_recording(compound.devices, doors.vision, store, clock.now, desk, hub)
    pipeline = Pipeline(store, clock, intake, rulebook, desk, commands, hub, witness, recording.recorder)
    return Parts(
        configuration=configuration,
        clock=clock,
        store=store,
        compound=compound,
        hub=hub,
        desk=desk,
        intake=intake,
        quarantine=quarantine,
        doors=doors,
        supervisor=supervisor,
        commands=commands,
        pipeline=pipeline,
        people=People(store),
        unrecorded=unrecorded,
        witness=witness,
        recording=recording,
        say=say,
    )


def speak(intake: Intake) -> Callable[[Signal], Awaitable[int]]:
    """What the gateway says itself goes the way of every signal."""

    async def say(signal: Signal) -> int:
        return await intake.accept(signal, OWN_WINDOW)

    return say


def _compound(configuration: Configuration) -> Compound:
    own = Device(GATEWAY, "gateway", DeviceType.PANEL, configuration.compound.name, "")
    devices = {GATEWAY: own, **configuration.all_devices()}
    return Compound(configuration.compound.name, devices, configuration.places)


def _works(parts: Parts) -> list[Coroutine[Any, Any, None]]:
    """Everything that runs for good."""
    works: list[Coroutine[Any, Any, None]] = [
        parts.pipeline.run(),
        parts.commands.run(),
        parts.witness.run(),
        parts.recording.run(parts.store, parts.clock.now, parts.configuration.compound.retention.clips),
        parts.intake.watch_storage(),
        parts.supervisor.run(),
        keep_known(parts.store, parts.doors.vision, parts.configuration.compound.vision.faces.matching),
        housekeeping.keep_time(parts.clock, parts.store),
        housekeeping.purge(parts.clock, parts.store, parts.configuration.compound.retention),
        systemd.beat(),
    ]
    if parts.doors.broker is not None:
        works.append(parts.doors.broker.run())
    return works


async def _open_doors(stack: AsyncExitStack, doors: Doors) -> None:
    await stack.enter_async_context(doors.vision)
    if doors.endpoint is not None:
        await stack.enter_async_context(doors.endpoint)


async def _record_configuration(parts: Parts) -> None:
    """An accepted configuration is a row of the journal: replay and reload see one history."""
    at, configuration = parts.clock.now(), parts.configuration
    try:
        await parts.store.write(
            lambda connection: journal.record_configuration(
                connection, at, configuration.fingerprint, configuration.text
            )
        )
    except NotRecorded as error:
        log.error("the configuration is not on record; alarms will show from memory", why=str(error))


def _cancel(running: list[asyncio.Task[None]]) -> None:
    for task in running:
        task.cancel()
