"""What the gateway does once it serves, and when it is told to end."""

from __future__ import annotations

import asyncio
import gc
import os
import signal

from gateway.app import run
from gateway.settings import load
from tests.support.gateway import TestCompound, TestDevice


async def test_the_collector_leaves_alone_what_stands_and_the_gateway_ends_when_told(tmp_path) -> None:
    """Looking through all that is loaded stopped every alarm for 45 ms."""
    configuration = load(TestCompound(tmp_path / "config", [TestDevice("own-1")]).write())
    frozen = []

    async def ready(_gateway) -> None:
        frozen.append(gc.get_freeze_count())
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        async with asyncio.timeout(60):
            await run(configuration, tmp_path / "data", ready)
    finally:
        gc.unfreeze()
    assert frozen[0] > 50_000, "what is loaded is looked through again and again"
