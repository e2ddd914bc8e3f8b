"""Waiting for what becomes of a call, and telling it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from gateway.protocols.sip.calls import StationCall


class Tell(Protocol):
    async def __call__(self, kind: str, call: StationCall, **data: object) -> None:
        """A signal of the call's station; committed, or logged that it could not be."""


class News:
    """Whoever waits for a call looks again each time there is news."""

    def __init__(self) -> None:
        self._came = asyncio.Event()

    def spread(self) -> None:
        came, self._came = self._came, asyncio.Event()
        came.set()

    async def until(self, done: Callable[[], bool]) -> None:
        while not done():
            await self._came.wait()


def now() -> float:
    return asyncio.get_running_loop().time()
