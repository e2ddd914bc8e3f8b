"""The vision workers and the cameras' places in them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from gateway.vision.handle import SILENCE_LIMIT, Dropped, WorkerHandle
from gateway.vision.known import Known
from gateway.vision.slot import Slot


class VisionPool:
    """An async context manager: `slot(device)` for each camera, which stays in one worker for good.

    A worker that dies costs its cameras a LinkLost and is started again; nothing else is touched.
    """

    def __init__(self, workers: int = 1, *, silence_limit: float = SILENCE_LIMIT) -> None:
        self.workers = [WorkerHandle(str(number), Known(), silence_limit) for number in range(1, workers + 1)]
        self._slots: dict[str, Slot] = {}
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._tasks = [group.create_task(worker.run(), name=f"vision-{worker.name}") for worker in self.workers]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        for task in self._tasks:
            task.cancel()
        return await self._stack.__aexit__(kind, error, trace)

    def slot(self, device: str) -> Slot:
        """The camera's place; the same one every time."""
        if device not in self._slots:
            worker = self.workers[len(self._slots) % len(self.workers)]
            self._slots[device] = Slot(device, worker)
        return self._slots[device]

    async def set_known(self, known: Known) -> None:
        """Whom and what all workers know from now on, and after every restart."""
        for worker in self.workers:
            await worker.know(known)

    @property
    def dropped(self) -> Dropped:
        """What gave way since the start."""
        return sum((worker.dropped for worker in self.workers), Dropped())
