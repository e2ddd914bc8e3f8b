"""Waiting as the price of wrong passwords: nobody is shut out for others' mistakes, who comes after waits a little."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from gateway.errors import TooMany

MAX_WAIT_S = 5.0
"""A person waits so long for a page, and a guesser gets no further than some tries a second."""
MAX_WAITING_PER_ADDRESS, MAX_WAITING = 50, 200
"""How many may wait, of one address and of all: each holds a connection."""
Sleep = Callable[[float], Awaitable[None]]


class LoginThrottle:
    def __init__(self, pause: Sleep = asyncio.sleep) -> None:
        self._pause = pause
        self._waiting: Counter[str] = Counter()
        self._turns = asyncio.Semaphore(1)

    async def wait(self, address: str, seconds: float) -> None:
        """Return after so many seconds, or LONGEST_S. Raises TooMany where too many wait already."""
        if seconds <= 0:
            return
        if self._waiting[address] >= MAX_WAITING_PER_ADDRESS or self._waiting.total() >= MAX_WAITING:
            raise TooMany("too many attempts", MAX_WAIT_S)
        self._waiting[address] += 1
        try:
            await self._pause(min(seconds, MAX_WAIT_S))
        finally:
            self._waiting[address] -= 1
            self._waiting += Counter()  # drops what is zero

    @asynccontextmanager
    async def turn(self, address: str, seconds: float) -> AsyncIterator[None]:
        """As `wait`, and then one after the other: a flood of guesses must not take every core for hashing."""
        if seconds <= 0:
            yield
            return
        await self.wait(address, seconds)
        async with self._turns:
            yield
