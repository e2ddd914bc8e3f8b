"""Waits for what a test expects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(true: Callable[[], object], serving: asyncio.Future | None = None, seconds: float = 5) -> None:
    """Wait for it; what the driver raises meanwhile is raised here."""
    async with asyncio.timeout(seconds):
        while not true():
            if serving is not None and serving.done():
                serving.result()
            await asyncio.sleep(0.01)
