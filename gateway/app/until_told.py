"""Run until told to end: the signals of the system in, a clean end out."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from gateway.app import systemd
from gateway.app.assemble import Gateway, open_gateway
from gateway.settings.configuration import Configuration

log = structlog.get_logger(__name__)
Ready = Callable[[Gateway], Awaitable[None]]


async def run(configuration: Configuration, data: Path, ready: Ready | None = None) -> None:
    """Run the gateway until SIGTERM or SIGINT. `ready` is awaited once it serves."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with open_gateway(configuration, data) as running:
        log.info("anju serves", http=running.http_url, mqtt=running.mqtt_port, devices=len(configuration.devices))
        systemd.notify("READY=1")
        if ready:
            await ready(running)
        await told.wait()
        log.info("anju ends")
        systemd.notify("STOPPING=1")
