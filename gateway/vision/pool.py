"""The vision workers, and the cameras' slots in them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.vision.camera_slot import CameraSlot
from gateway.vision.identities import Identities
from gateway.vision.view.view_client import OngoingRecording
from gateway.vision.worker_client import SILENCE_TIMEOUT, DropCounts, WorkerClient


class VisionPool:
    """An async context manager: `slot(device)` for each camera, which stays in one worker for good.

    A worker that dies costs its cameras a LinkLost and is started again; the other workers' cameras are not affected.
    `home_province` is for cameras that name none of their own, `keyframe_check_share` the share of a core that all
    workers together spend on keyframes of cameras without known motion.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        home_province: str | None = None,
        silence_timeout: float = SILENCE_TIMEOUT,
        keyframe_check_share: float | None = None,
    ) -> None:
        names = map(str, range(1, workers + 1))
        share = keyframe_check_share and keyframe_check_share / workers
        self.workers = [WorkerClient(name, home_province, silence_timeout, share) for name in names]
        self._slots: dict[str, CameraSlot] = {}
        self._group = asyncio.TaskGroup()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._tasks = [self._group.create_task(worker.run(), name=f"vision-{worker.name}") for worker in self.workers]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the workers; an exception of the block is raised on as it was."""
        for task in self._tasks:
            task.cancel()
        # A TaskGroup wraps exceptions of its block in a group; only a cancellation must be passed to it.
        cancelled = isinstance(error, asyncio.CancelledError)
        await self._group.__aexit__(*((kind, error, trace) if cancelled else (None, None, None)))

    def slot(self, device: str) -> CameraSlot:
        """The camera's slot; the same one every time."""
        if device not in self._slots:
            worker = self.workers[len(self._slots) % len(self.workers)]
            self._slots[device] = CameraSlot(device, worker)
        return self._slots[device]

    async def set_identities(self, identities: Identities) -> None:
        """Send people and vehicles to all workers, now and after every restart."""
        for worker in self.workers:
            worker.set_identities(identities)

    async def record(self, camera: str, raw: Path, before_s: float) -> OngoingRecording:
        """Write the camera's packets to `raw`, from `before_s` seconds ago on. Raises LinkLost."""
        return await self.slot(camera).record(raw, before_s)

    async def finish(self, raw: Path, mp4: Path) -> float:
        """Remux a recording to an MP4 for any player; gives its seconds. Raises LinkLost."""
        worker = self.workers[0]
        await worker.wait_until_ready()
        return await worker.views.finish(raw, mp4)

    @property
    def dropped(self) -> DropCounts:
        """Of all workers, since the start."""
        return sum((worker.dropped for worker in self.workers), DropCounts())
