"""A camera driver's access to a vision worker: start its streams, read sightings, view and record."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from gateway.errors import LinkLost
from gateway.vision.main_stream import MainStreamConnection
from gateway.vision.sighting import Sighting
from gateway.vision.stream_config import MainStreamConfig, StreamConfig
from gateway.vision.view.broadcast import LiveViewer
from gateway.vision.view.view_client import OngoingRecording
from gateway.vision.worker_interface import VisionWorker


class SightingQueue:
    """An async iterator over a camera's sightings; raises LinkLost when its worker or its stream is gone.

    Holds at most `max_pending`: then the oldest is dropped and `on_dropped` is called.
    """

    def __init__(self, on_dropped: Callable[[], None], max_pending: int = 32) -> None:
        self._pending: deque[Sighting] = deque()
        self._on_dropped = on_dropped
        self._max_pending = max_pending
        self._changed = asyncio.Event()
        self._error: LinkLost | None = None

    def put(self, sighting: Sighting) -> None:
        """Add one; drops the oldest when full."""
        if len(self._pending) >= self._max_pending:
            self._pending.popleft()
            self._on_dropped()
        self._pending.append(sighting)
        self._changed.set()

    def end(self, error: LinkLost) -> None:
        """Raise `error` to the reader after the pending sightings."""
        self._error = error
        self._changed.set()

    def __aiter__(self) -> SightingQueue:
        return self

    async def __anext__(self) -> Sighting:
        while not self._pending:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()
        return self._pending.popleft()


class SubStreamListener:
    """The `StreamListener` of the analysed stream: passes its events to the slot and the sighting queue."""

    def __init__(self, on_alive: Callable[[], None], sightings: SightingQueue) -> None:
        self.on_alive = on_alive
        self.on_sighting = sightings.put
        self.on_lost = sightings.end


class CameraSlot:
    """One camera's place in a worker. `on_heard` is called every second or two while packets arrive."""

    def __init__(self, device: str, worker: VisionWorker) -> None:
        self.device = device
        self.on_heard: Callable[[], None] | None = None
        self._worker = worker
        self._number: int | None = None
        self._main = MainStreamConnection(device, worker)

    @asynccontextmanager
    async def watch(self, config: StreamConfig, main: MainStreamConfig | None = None) -> AsyncIterator[SightingQueue]:
        """Receive and analyse a stream while the block runs. `main` is the camera's larger stream.

        Raises LinkLost when the worker does not start within some seconds.
        """
        sightings = SightingQueue(self._worker.count_dropped_sighting)
        number = await self._worker.add_stream(SubStreamListener(self._alive, sightings), config)
        self._number = number
        # Its faults reach the driver as sightings, because the main stream has no driver of its own.
        self._main.open(main, sightings.put)
        try:
            yield sightings
        finally:
            self._main.close()
            self._number = None
            self._worker.remove_stream(number)

    async def latest_jpeg(self) -> bytes | None:
        """The newest picture; None while there is none."""
        return await self._worker.latest_jpeg(self._number) if self._number is not None else None

    @contextmanager
    def view(self, *, main: bool = False) -> Iterator[LiveViewer]:
        """The live packets, for a player. Raises LinkLost while there are none.

        `main` gives the larger stream, which is received meanwhile; raises NotFound where there is none.
        """
        number = self._stream_number()
        with self._main.view() if main else self._worker.views.view(number) as viewer:
            yield viewer

    async def record(self, file: Path, before_s: float) -> OngoingRecording:
        """Write packets to `file`, from `before_s` seconds ago on. Raises LinkLost while the camera is not watched.

        Records the larger stream where the YAML says so and it has been there for `before_s` seconds.
        """
        number = self._stream_number()
        main = self._main.recordable_stream(before_s)
        return await self._worker.views.record(number if main is None else main, file, before_s)

    def _stream_number(self) -> int:
        if self._number is None:
            raise LinkLost(f"camera {self.device} is not connected")
        return self._number

    def _alive(self) -> None:
        if self.on_heard is not None:
            self.on_heard()
