"""The gateway, put together: one stack and one group of tasks start and end everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.app.background_tasks import BackgroundTasks
from gateway.app.capture import Listener
from gateway.app.components import make
from gateway.app.config_change import ConfigChange
from gateway.app.control import open_control
from gateway.app.endpoints import check_free
from gateway.app.file_descriptors import raise_limit, shares
from gateway.app.links import Links
from gateway.app.reload import Reloader
from gateway.app.task_list import own_tasks
from gateway.app.web import start_http_server
from gateway.config.configuration import Configuration
from gateway.store import Store

log = structlog.get_logger(__name__)


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
        store = await stack.enter_async_context(Store.open(data, mends=True))
        parts = make(configuration.compound, store, shares(raise_limit(), configuration))
        changeover = ConfigChange(parts)
        await parts.desk.load()
        rules = await changeover.apply(configuration)
        await _open_doors(stack, parts.doors)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        works = BackgroundTasks(own_tasks(parts), parts.desk.memory.gateway_failed, parts.desk.memory.gateway_restored)
        stack.callback(tasks.create_task(works.run()).cancel)
        await rules.taken.wait()
        http_url = await start_http_server(stack, parts, works)
        reloader = Reloader(parts, changeover, configuration.directory)
        await _open_control(stack, data, reloader, Listener(parts.in_force, parts.doors.tapes))
        yield Gateway(http_url, parts.doors.endpoint.port if parts.doors.endpoint else None, store, reloader)


async def _open_control(stack: AsyncExitStack, data: Path, reloader: Reloader, listener: Listener) -> None:
    """On a disk that takes no socket, alarms are worth more than `anju reload`."""
    try:
        await stack.enter_async_context(open_control(data, reloader, listener))
    except OSError as error:
        log.error("commands such as `anju reload` can't reach this gateway", folder=str(data), why=str(error))


async def _open_doors(stack: AsyncExitStack, doors: Links) -> None:
    await stack.enter_async_context(doors.vision)
    if doors.endpoint is not None:
        await stack.enter_async_context(doors.endpoint)
