"""What a camera's driver holds: its place in a worker."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol

from gateway.errors import LinkLost
from gateway.vision.sighting import Sighting, Watch
from gateway.vision.view.broadcast import Viewer
from gateway.vision.view.views import Taking, Views


class Sightings:
    """An async iterator over what a camera sees; raises LinkLost when its worker or its stream is gone.

    Bounded: when `most` wait for the driver the oldest gives way, and `drop` is told.
    """

    def __init__(self, drop: Callable[[], None], most: int = 32) -> None:
        self._waiting: deque[Sighting] = deque()
        self._drop = drop
        self._most = most
        self._changed = asyncio.Event()
        self._why: str | None = None

    def put(self, sighting: Sighting) -> None:
        if len(self._waiting) >= self._most:
            self._waiting.popleft()
            self._drop()
        self._waiting.append(sighting)
        self._changed.set()

    def end(self, why: str) -> None:
        self._why = why
        self._changed.set()

    def __aiter__(self) -> Sightings:
        return self

    async def __anext__(self) -> Sighting:
        while not self._waiting:
            if self._why is not None:
                raise LinkLost(self._why)
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft()


class Workplace(Protocol):
    """The worker's side of a slot, as the slot needs it."""

    @property
    def views(self) -> Views: ...

    async def begin(self, slot: Slot, watch: Watch) -> tuple[int, Sightings]: ...
    def end(self, number: int) -> None: ...
    async def picture(self, number: int) -> bytes | None: ...


class Slot:
    """`on_heard` is called about once a second while packets arrive."""

    def __init__(self, device: str, worker: Workplace) -> None:
        self.device = device
        self.on_heard: Callable[[], None] | None = None
        self._worker = worker
        self._number: int | None = None

    @asynccontextmanager
    async def watch(self, watch: Watch) -> AsyncIterator[Sightings]:
        """Raises LinkLost when no worker takes it within a few seconds."""
        number, sightings = await self._worker.begin(self, watch)
        self._number = number
        try:
            yield sightings
        finally:
            self._number = None
            self._worker.end(number)

    async def latest_jpeg(self) -> bytes | None:
        """The newest picture; None while there is none."""
        return await self._worker.picture(self._number) if self._number is not None else None

    @contextmanager
    def view(self) -> Iterator[Viewer]:
        """The packets as they come, for a player. Raises LinkLost while no driver watches."""
        with self._worker.views.show(self._watched()) as viewer:
            yield viewer

    async def record(self, file: Path, before_s: float) -> Taking:
        """Write the packets to `file`, from so many seconds ago on. Raises LinkLost while nobody watches."""
        return await self._worker.views.record(self._watched(), file, before_s)

    def _watched(self) -> int:
        if self._number is None:
            raise LinkLost(f"camera {self.device} is not connected")
        return self._number

    def heard(self) -> None:
        if self.on_heard is not None:
            self.on_heard()
