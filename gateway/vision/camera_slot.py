"""What a camera's driver holds: its place in a worker."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from gateway.errors import LinkLost
from gateway.vision.main_stream import MainStreamConnection
from gateway.vision.sighting import MainStreamConfig, Sighting, StreamConfig
from gateway.vision.view.broadcast import LiveViewer
from gateway.vision.view.view_client import OngoingRecording
from gateway.vision.worker_interface import VisionWorker


class SightingQueue:
    """An async iterator over what a camera sees; raises LinkLost when its worker or its stream is gone.

    Bounded: when `most` wait for the driver the oldest gives way, and `drop` is told.
    """

    def __init__(self, drop: Callable[[], None], most: int = 32) -> None:
        self._waiting: deque[Sighting] = deque()
        self._drop = drop
        self._most = most
        self._changed = asyncio.Event()
        self._error: LinkLost | None = None

    def put(self, sighting: Sighting) -> None:
        if len(self._waiting) >= self._most:
            self._waiting.popleft()
            self._drop()
        self._waiting.append(sighting)
        self._changed.set()

    def end(self, error: LinkLost) -> None:
        self._error = error
        self._changed.set()

    def __aiter__(self) -> SightingQueue:
        return self

    async def __anext__(self) -> Sighting:
        while not self._waiting:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()
        return self._waiting.popleft()


class SubStreamListener:
    """What a worker says of the stream that is watched."""

    def __init__(self, heard: Callable[[], None], sightings: SightingQueue) -> None:
        self.heard = heard
        self.saw = sightings.put
        self.lost = sightings.end


class CameraSlot:
    """`on_heard` is called about once a second while packets arrive."""

    def __init__(self, device: str, worker: VisionWorker) -> None:
        self.device = device
        self.on_heard: Callable[[], None] | None = None
        self._worker = worker
        self._number: int | None = None
        self._main = MainStreamConnection(device, worker)

    @asynccontextmanager
    async def watch(self, watch: StreamConfig, main: MainStreamConfig | None = None) -> AsyncIterator[SightingQueue]:
        """Raises LinkLost when no worker takes it within a few seconds. `main` is the camera's larger stream."""
        sightings = SightingQueue(self._worker.count_dropped_sighting)
        number = await self._worker.begin(SubStreamListener(self._heard, sightings), watch)
        self._number = number
        self._main.open(main, sightings.put)
        try:
            yield sightings
        finally:
            self._main.close()
            self._number = None
            self._worker.end(number)

    async def latest_jpeg(self) -> bytes | None:
        """The newest picture; None while there is none."""
        return await self._worker.picture(self._number) if self._number is not None else None

    @contextmanager
    def view(self, *, main: bool = False) -> Iterator[LiveViewer]:
        """The packets as they come, for a player. Raises LinkLost while there are none.

        `main`: those of the larger stream, which is received meanwhile; NotFound where there is none.
        """
        number = self._watched()
        with self._main.view() if main else self._worker.views.show(number) as viewer:
            yield viewer

    async def record(self, file: Path, before_s: float) -> OngoingRecording:
        """Write the packets to `file`, from so many seconds ago on. Raises LinkLost while nobody watches.

        Those of the larger stream where they are to be recorded, and come.
        """
        number = self._watched()
        main = self._main.recordable_stream(before_s)
        return await self._worker.views.record(number if main is None else main, file, before_s)

    def _watched(self) -> int:
        if self._number is None:
            raise LinkLost(f"camera {self.device} is not connected")
        return self._number

    def _heard(self) -> None:
        if self.on_heard is not None:
            self.on_heard()
