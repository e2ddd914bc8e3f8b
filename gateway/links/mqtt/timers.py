"""Timers by name, so that none is left running when their owner ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class NamedTimers:
    """The timers of one connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self, seconds: float, name: str, callback: Callable[[], None]) -> None:
        """Call `callback` after `seconds`. The same name again replaces the earlier timer."""
        self.cancel(name)
        self._timers[name] = self._loop.call_later(seconds, callback)

    def cancel(self, name: str) -> None:
        """Stop the timer of that name; does nothing if there is none."""
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def cancel_all(self) -> None:
        """Stop every timer."""
        for name in list(self._timers):
            self.cancel(name)
