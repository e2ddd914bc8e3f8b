"""Wires recording: the vision workers record the desk's alerts, and old recordings are purged."""

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

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RecordingService:
    """Records and purges as long as the gateway runs."""

    clip_storage: ClipStorage
    recorder: Recorder

    async def run(self, store: Store, now: Callable[[], datetime], retention: Callable[[], timedelta]) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.recorder.run())
            tasks.create_task(purge_periodically(store, self.clip_storage, now, retention))


def make_recording(
    cameras: CameraLookup, vision: VisionPool, store: Store, now: Callable[[], datetime], desk: Desk
) -> RecordingService:
    """The recorder and its storage. Screens are notified when an alert has got a recording."""

    async def changed(alert_id: str) -> None:
        try:
            alert = await desk.alert(alert_id)
            if alert is not None:
                await desk.tell_again(alert)
        except NotRecorded as error:
            log.error("alert with recording not sent to screens", alert=alert_id, why=str(error))

    clip_storage = ClipStorage.in_data_folder(store.path.parent)
    writer = RecordingWriter(vision, store, clip_storage, now)
    return RecordingService(clip_storage, Recorder(cameras, writer, now, changed))
