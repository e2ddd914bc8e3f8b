"""What the gateway hands a driver, and remembers what it was told; `disk` false is a full disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from gateway.errors import NotRecorded
from gateway.model import Signal, Text


class Listening:
    """An `Emit`."""

    def __init__(self) -> None:
        self.signals: list[Signal] = []
        self.aside: list[tuple[str, bytes]] = []
        self.lives = 0
        self.away: list[tuple[str, str]] = []
        self.turned_away: list[tuple[str | None, str]] = []
        self.disk = True
        self.shown: list[str] = []
        """Whose alarms the disk did not take, and show from memory."""

    async def __call__(self, signal: Signal) -> int:
        await asyncio.sleep(0)
        if not self.disk:
            self.shown += [signal.device] if signal.is_alarm else []
            raise NotRecorded("the disk is full")
        self.signals.append(signal)
        return len(self.signals)

    async def quarantine(self, why: Text, data: bytes) -> None:
        if not self.disk:
            raise NotRecorded("the disk is full")
        self.aside.append((str(why), data))

    def heard(self, part: str | None = None) -> None:
        self.lives += 1

    def lost(self, part: str, why: str) -> None:
        self.away.append((part, why))

    def refused(self, part: str | None, why: Text) -> None:
        self.turned_away.append((part, str(why)))

    def kinds(self) -> list[tuple[str, str]]:
        return [(signal.device, signal.kind) for signal in self.signals]

    def told(self) -> list[tuple]:
        """All but the ids and the device's clock."""
        return [(each.device, each.kind, each.source_id, dict(each.data), each.at is not None) for each in self.signals]


async def until(true: Callable[[], object], serving: asyncio.Future | None = None, seconds: float = 5) -> None:
    """Wait for it; what the driver raises meanwhile is raised here."""
    async with asyncio.timeout(seconds):
        while not true():
            if serving is not None and serving.done():
                serving.result()
            await asyncio.sleep(0.01)
