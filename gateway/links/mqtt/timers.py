"""Timers by name, so that none is forgotten when their owner ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class NamedTimers:
    """The same name again replaces the earlier timer."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def after(self, seconds: float, name: str, what: Callable[[], None]) -> None:
        self.cancel(name)
        self._timers[name] = self._loop.call_later(seconds, what)

    def cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def cancel_all(self) -> None:
        for name in list(self._timers):
            self.cancel(name)
