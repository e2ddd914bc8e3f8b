"""Who films what: the cameras' workers for the alerts of the desk; and what is too old goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gateway.desk import Desk
from gateway.errors import NotRecorded
from gateway.recording.camera_lookup import CameraLookup
from gateway.recording.recorder import Recorder
from gateway.recording.recording_writer import RecordingWriter
from gateway.recording.retention import purge_periodically
from gateway.recording.storage import ClipStorage
from gateway.store import Store
from gateway.vision.pool import VisionPool
from gateway.web.hub import Hub

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RecordingService:
    """Everything about recordings that lasts as long as the gateway."""

    shelf: ClipStorage
    recorder: Recorder

    async def run(self, store: Store, now: Callable[[], datetime], keep: Callable[[], timedelta]) -> None:
        """Runs for good."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.recorder.run())
            tasks.create_task(purge_periodically(store, self.shelf, now, keep))


def make_recording(
    cameras: CameraLookup, vision: VisionPool, store: Store, now: Callable[[], datetime], desk: Desk, hub: Hub
) -> RecordingService:
    """Screens are told of an alert that has got a recording."""

    async def changed(alert_id: str) -> None:
        try:
            alert = await desk.alert(alert_id)
        except NotRecorded as error:
            log.error("a recording is not shown", alert=alert_id, why=str(error))
            return
        if alert is not None:
            hub.alert_changed(alert)

    shelf = ClipStorage.of(store.path.parent)
    return RecordingService(shelf, Recorder(cameras, RecordingWriter(vision, store, shelf, now), now, changed))
