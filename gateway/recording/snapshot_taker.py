"""A camera that looks at an alert's place gives the alert its picture: the guard sees what the wire felt.

Beside the way of the data: an alert never waits for its picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.desk import Desk
from gateway.errors import AnjuError
from gateway.model import Alert
from gateway.recording.cameras import Cameras
from gateway.store import Store

log = structlog.get_logger(__name__)
PATIENCE_S = 3.0
MOST_WAITING = 100
Picture = Callable[[str], Awaitable[bytes | None]]


class SnapshotTaker:
    """`picture(camera)` is the newest JPEG of a camera, or None."""

    def __init__(self, desk: Desk, store: Store, cameras: Cameras, picture: Picture) -> None:
        self._desk = desk
        self._store = store
        self._picture = picture
        self._cameras = cameras
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(MOST_WAITING)

    def look(self, alert: Alert) -> None:
        """Have a camera look, if the alert has no picture and one is there; when too many wait, let it be."""
        camera = self._cameras.of(alert)
        if camera is not None and alert.snapshot is None and not self._waiting.full():
            self._waiting.put_nowait((alert.id, camera))

    async def run(self) -> None:
        """Runs for good."""
        while True:
            alert, camera = await self._waiting.get()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._show(alert, camera)
            except (TimeoutError, OSError, AnjuError) as error:
                log.warning("no picture for an alert", alert=alert, camera=camera, why=str(error))

    async def _show(self, alert: str, camera: str) -> None:
        jpeg = await self._picture(camera)
        if jpeg is not None:
            await self._desk.add_snapshot(alert, camera, await asyncio.to_thread(self._store.media.keep, jpeg))
