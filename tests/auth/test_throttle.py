"""The delay after wrong passwords is bounded for one address."""

from __future__ import annotations

import asyncio

import pytest

from gateway.auth import throttle
from gateway.errors import TooMany


async def test_no_more_than_so_many_wait(monkeypatch):
    monkeypatch.setattr(throttle, "MAX_WAITING_PER_ADDRESS", 2)
    over = asyncio.Event()

    async def pause(_seconds):
        await over.wait()

    slowly = throttle.LoginThrottle(pause)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(slowly.wait("10.0.0.1", 1))
        await asyncio.sleep(0)
        with pytest.raises(TooMany):
            await slowly.wait("10.0.0.1", 1)
        tasks.create_task(slowly.wait("10.0.0.2", 1))
        over.set()
    await slowly.wait("10.0.0.1", 1)
    assert not slowly._waiting
