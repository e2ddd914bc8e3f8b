"""Lets commands wait until a call has changed, and the type of the callback that emits call signals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from gateway.protocols.sip.calls import StationCall


class EmitCallSignal(Protocol):
    """Callback of the driver."""

    async def __call__(self, kind: str, call: StationCall, **data: object) -> None:
        """Emit a signal of the call's station. Never raises: a signal that is not recorded is logged."""


class ChangeNotifier:
    """Wakes every waiter at each change; the waiter checks its own condition."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def notify(self) -> None:
        """A call has changed."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Returns once the condition holds."""
        while not condition():
            await self._changed.wait()


def loop_time() -> float:
    """Seconds of the loop's clock."""
    return asyncio.get_running_loop().time()
