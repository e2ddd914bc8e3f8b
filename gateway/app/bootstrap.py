"""Starts the gateway: one exit stack and one task group hold everything that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.app.background_tasks import BackgroundTasks
from gateway.app.capture import CaptureService
from gateway.app.components import Components, make
from gateway.app.config_change import ConfigChange
from gateway.app.control_server import serve_control
from gateway.app.endpoints import check_free
from gateway.app.file_descriptors import connection_limits, raise_limit
from gateway.app.links import Links
from gateway.app.plan_editor import PlanEditor
from gateway.app.reload import Reloader
from gateway.app.task_list import gateway_tasks
from gateway.app.web import start_http_server
from gateway.config.configuration import Configuration
from gateway.store import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway; `mqtt_port` is None without an MQTT endpoint."""

    http_url: str
    mqtt_port: int | None
    store: Store
    reloader: Reloader


@asynccontextmanager
async def open_gateway(configuration: Configuration, data: Path) -> AsyncIterator[Gateway]:
    """Run the gateway while the context is open; stop everything in reverse order when it closes.

    Raises ConfigError for an address that another program uses.
    """
    check_free(configuration)  # before the store is opened, so that a second gateway touches nothing
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(data, repair=True))
        components = make(configuration.compound, store, connection_limits(raise_limit(), configuration))
        changeover = ConfigChange(components)
        await components.desk.load()  # the rules' first decisions refer to open alerts
        await components.register.load()
        rules = await changeover.apply(configuration)
        await components.passes.load()  # with the hours of its kinds, which the configuration has
        await components.access.load()
        await _open_links(stack, components.links)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        memory = components.desk.memory
        background = BackgroundTasks(gateway_tasks(components), memory.gateway_failed, memory.gateway_restored)
        stack.callback(tasks.create_task(background.run()).cancel)
        # The pages come after the rules are in place. Those may still catch up: alarms are shown meanwhile.
        await rules.applied.wait()
        reloader = Reloader(components, changeover, configuration.directory)
        capture = CaptureService(components.current_config, components.links.captures)
        # Before the pages: whoever sees them may expect that `anju reload` finds the gateway.
        await _open_control_socket(stack, data, reloader, capture, components)
        http_url = await start_http_server(stack, components, background, PlanEditor(components, changeover, reloader))
        yield Gateway(http_url, components.links.endpoint.port if components.links.endpoint else None, store, reloader)


async def _open_control_socket(
    stack: AsyncExitStack, data: Path, reloader: Reloader, capture: CaptureService, components: Components
) -> None:
    try:
        await stack.enter_async_context(
            serve_control(data, reloader, capture, components.register, components.outbox, components.privacy.erasures)
        )
    except OSError as error:  # e.g. a read-only disk: alarms matter more than `anju reload`, so go on without it
        log.error("commands such as `anju reload` can't reach this gateway", folder=str(data), why=str(error))


async def _open_links(stack: AsyncExitStack, links: Links) -> None:
    await stack.enter_async_context(links.vision)
    if links.endpoint is not None:
        await stack.enter_async_context(links.endpoint)
