"""Gives an alert a picture from a camera at its place, when the device that raised it has none of its own.

It runs beside the pipeline: an alert never waits for its picture.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.desk import Desk
from gateway.errors import AnjuError
from gateway.model import Alert
from gateway.recording.camera_lookup import CameraLookup
from gateway.store import Store

log = structlog.get_logger(__name__)
TIMEOUT_S = 3.0
MAX_PENDING = 100
GetPicture = Callable[[str], Awaitable[bytes | None]]


class SnapshotTaker:
    """Takes pictures one after the other. `get_picture(camera)` returns the newest JPEG of a camera, or None."""

    def __init__(self, desk: Desk, store: Store, cameras: CameraLookup, get_picture: GetPicture) -> None:
        self._desk = desk
        self._store = store
        self._get_picture = get_picture
        self._cameras = cameras
        self._pending: asyncio.Queue[tuple[str, str]] = asyncio.Queue(MAX_PENDING)

    def look(self, alert: Alert) -> None:
        """Queue a picture for the alert, if it has none and a camera sees its place; the pipeline's `look` stage.

        Dropped when too many are pending.
        """
        camera = self._cameras.for_alert(alert)
        # In a flood of alerts pictures are less important than the alerts.
        if camera is not None and alert.snapshot is None and not self._pending.full():
            self._pending.put_nowait((alert.id, camera))

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            alert, camera = await self._pending.get()
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    await self._take(alert, camera)
            except (TimeoutError, OSError, AnjuError) as error:
                log.warning("no picture for an alert", alert=alert, camera=camera, why=str(error))

    async def _take(self, alert: str, camera: str) -> None:
        jpeg = await self._get_picture(camera)
        if jpeg is not None:
            await self._desk.add_snapshot(alert, camera, await asyncio.to_thread(self._store.media.keep, jpeg))
