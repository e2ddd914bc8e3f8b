"""Run until told to end: the signals of the system in, a clean end out."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from gateway.app import systemd
from gateway.app.assemble import Gateway, open_gateway
from gateway.app.reload import Told
from gateway.config.configuration import Configuration

log = structlog.get_logger(__name__)
Ready = Callable[[Gateway], Awaitable[None]]


async def run(configuration: Configuration, data: Path, ready: Ready | None = None) -> None:
    """Run the gateway until SIGTERM or SIGINT, reading its configuration again at SIGHUP.

    `ready` is awaited once it serves.
    """
    told, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    async with AsyncExitStack() as stack:
        with systemd.extending():
            running = await stack.enter_async_context(open_gateway(configuration, data))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        _keep_what_stands()
        for hint in configuration.hints:
            log.warning("worth a look", file=str(hint.file), line=hint.line, what=hint.what, mend=hint.mend)
        log.info("anju serves", http=running.http_url, mqtt=running.mqtt_port, devices=len(configuration.devices))
        systemd.notify("READY=1")
        if ready:
            await ready(running)
        reloading = tasks.create_task(_reload_each(again, running))
        await told.wait()
        reloading.cancel()
        log.info("anju ends")
        systemd.notify("STOPPING=1")


def _keep_what_stands() -> None:
    """What is loaded by now stays: to look through it for garbage took 45 ms each time, twice a second under load."""
    gc.collect()
    gc.freeze()


async def _reload_each(again: asyncio.Event, running: Gateway) -> None:
    """Runs for good; the log says what came of it."""

    async def tell(_told: Told) -> None: ...

    while True:
        await again.wait()
        again.clear()
        await running.reloader.reload(tell)
