"""Delays sign-in attempts after wrong passwords; never locks an account."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from gateway.errors import TooMany

MAX_WAIT_S = 5.0
"""Acceptable for a person who waits for a page, and limits a guesser to a few attempts per second."""
MAX_WAITING_PER_ADDRESS, MAX_WAITING = 50, 200
"""Delayed attempts at the same time: each one holds a connection open."""
Sleep = Callable[[float], Awaitable[None]]


class LoginThrottle:
    """Delays attempts, and runs delayed attempts one at a time. `sleep` is replaced in tests."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep
        self._waiting: Counter[str] = Counter()
        self._one_at_a_time = asyncio.Semaphore(1)

    async def wait(self, address: str, seconds: float) -> None:
        """Wait `seconds`, at most MAX_WAIT_S. Raises TooMany when too many attempts wait already."""
        if seconds <= 0:
            return
        if self._waiting[address] >= MAX_WAITING_PER_ADDRESS or self._waiting.total() >= MAX_WAITING:
            raise TooMany("too many attempts", MAX_WAIT_S)
        self._waiting[address] += 1
        try:
            await self._sleep(min(seconds, MAX_WAIT_S))
        finally:
            self._waiting[address] -= 1
            self._waiting += Counter()  # drops addresses whose count is zero

    @asynccontextmanager
    async def serialized(self, address: str, seconds: float) -> AsyncIterator[None]:
        """As `wait`, then hold the only slot for delayed attempts while the body runs.

        A flood of guesses then uses one core for password hashing, not all. An attempt that needs no delay does not
        take the slot.
        """
        if seconds <= 0:
            yield
            return
        await self.wait(address, seconds)
        async with self._one_at_a_time:
            yield
