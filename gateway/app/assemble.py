"""The gateway, put together: one stack and one group of tasks start and end everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.app import housekeeping, systemd
from gateway.app.capture import Listener
from gateway.app.changeover import Changeover
from gateway.app.control import open_control
from gateway.app.descriptors import raise_limit, shares
from gateway.app.doors import check_free
from gateway.app.known import keep_known
from gateway.app.links import Doors
from gateway.app.pages import open_pages
from gateway.app.parts import Parts, make
from gateway.app.quotas import tell_of_refusals
from gateway.app.reload import Reloader
from gateway.settings.configuration import Configuration
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that serves; `mqtt_port` is None when it opens no endpoint."""

    http_url: str
    mqtt_port: int | None
    store: Store
    reloader: Reloader


@asynccontextmanager
async def open_gateway(configuration: Configuration, data: Path) -> AsyncIterator[Gateway]:
    """Runs while the context is open; ends everything, in order, when it closes.

    Raises ConfigError for an address that another program has.
    """
    check_free(configuration)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(data))
        parts = make(configuration.compound, store, shares(raise_limit(), configuration))
        changeover = Changeover(parts)
        await parts.desk.load()
        rules = await changeover.apply(configuration)
        await _open_doors(stack, parts.doors)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running = [tasks.create_task(work) for work in _works(parts)]
        stack.callback(_cancel, running)
        await rules.taken.wait()
        http_url = await open_pages(stack, parts)
        reloader = Reloader(parts, changeover, configuration.directory)
        await stack.enter_async_context(open_control(data, reloader, Listener(parts.in_force, parts.doors.tapes)))
        yield Gateway(http_url, parts.doors.endpoint.port if parts.doors.endpoint else None, store, reloader)


def _works(parts: Parts) -> list[Coroutine[Any, Any, None]]:
    """Everything that runs for good."""
    in_force = parts.in_force
    works: list[Coroutine[Any, Any, None]] = [
        parts.pipeline.run(),
        parts.commands.run(),
        parts.witness.run(),
        parts.recording.run(parts.store, parts.clock.now, in_force.retention_of_clips),
        parts.intake.watch_storage(),
        parts.supervisor.run(),
        parts.certificates.keep(),
        parts.certificate_watch.run(),
        keep_known(parts.store, parts.doors.vision, in_force.matching),
        housekeeping.keep_time(parts.clock, parts.store, parts.supervisor.clock_stepped, parts.pipeline.clock_stepped),
        housekeeping.purge(parts.clock, parts.store, in_force.retention),
        tell_of_refusals(parts.refusals, parts.say),
        systemd.beat(),
    ]
    if parts.doors.broker is not None:
        works.append(parts.doors.broker.run())
    return works


async def _open_doors(stack: AsyncExitStack, doors: Doors) -> None:
    await stack.enter_async_context(doors.vision)
    if doors.endpoint is not None:
        await stack.enter_async_context(doors.endpoint)


def _cancel(running: list[asyncio.Task[None]]) -> None:
    for task in running:
        task.cancel()
