"""Makes a recording: collects the camera's packets, remuxes them to an MP4, stores it and writes its rows."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from gateway.errors import AnjuError, NotRecorded, why_of
from gateway.model import Alert, Words, new_id
from gateway.recording import rows
from gateway.recording.clip import RecordedClip
from gateway.recording.footage_source import FootageSource, OngoingRecording, RecordedSpan
from gateway.recording.recording_job import MAX_ALERTS, RecordingJob
from gateway.recording.storage import ClipStorage, Draft, DraftMetadata
from gateway.store import Store

log = structlog.get_logger(__name__)
POLL_S = 1.0
STOP_TIMEOUT_S = 15.0
"""How long a vision worker may take to write the last packets of a recording."""
SHORTFALL = timedelta(seconds=3)
"""A recording that ends this much too early was interrupted."""
MAX_SEGMENTS = 3
RETRY_S = 2.0
"""Between two attempts while the camera is offline: it may come back before the recording's time is over."""
MAX_CONCURRENT_REMUXES = 2
"""Each remux reads and writes a whole recording; recordings in progress need the disk more."""
ROWS_PER_COMMIT = 200

_DISK_FULL = Words("磁盘快满了，请通知安装员", "the disk is nearly full")
_NOT_RECORDED = Words("数据库无法写入，请通知安装员", "the database can't be written")
_TIMEOUT = Words("录像超时", "it took too long")
_UNKNOWN = Words("原因不明", "the reason is unknown")


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The clips that were stored; `why` says why there are none."""

    clips: list[RecordedClip]
    why: Words


class RecordingWriter:
    """Carries out recording jobs. An error is logged and costs that recording only."""

    def __init__(
        self, footage: FootageSource, store: Store, clip_storage: ClipStorage, now: Callable[[], datetime]
    ) -> None:
        self._footage = footage
        self._store = store
        self._clip_storage = clip_storage
        self._now = now
        self._remux_slots = asyncio.Semaphore(MAX_CONCURRENT_REMUXES)

    async def write(self, job: RecordingJob) -> WriteResult:
        """Record until the job's time is over.

        An interrupted recording continues in another segment: a camera whose main stream is lost may still have its
        sub stream. A camera that is offline is tried again while there is time.
        """
        clips: list[RecordedClip] = []
        start, segments = job.start, 0
        while True:
            segment, why = await self._write_segment(job, start)
            clips += segment
            segments += bool(segment)
            if segments >= MAX_SEGMENTS or (why and not self._should_retry(job, why)):
                if why:
                    log.warning("recording missing or incomplete", camera=job.camera, why=str(why))
                break
            if segment and job.end - max(segment[0].ended, self._now()) < SHORTFALL:
                break
            if segment:
                start = segment[0].ended
            else:
                await asyncio.sleep(RETRY_S)
        return WriteResult(clips, why or _UNKNOWN)

    def _should_retry(self, job: RecordingJob, why: Words) -> bool:
        """Not with a bad disk, not when the time is nearly over, and not when the clock was set back."""
        return why not in {_DISK_FULL, _NOT_RECORDED} and SHORTFALL < job.end - self._now() <= job.max_end - job.start

    async def _write_segment(self, job: RecordingJob, start: datetime) -> tuple[list[RecordedClip], Words | None]:
        """The clips of one attempt, and why there are none or why it was interrupted."""
        if not await asyncio.to_thread(self._clip_storage.has_space):
            log.error("disk nearly full, not recording", camera=job.camera, alerts=job.alerts)
            return [], _DISK_FULL
        draft = await asyncio.to_thread(self._clip_storage.draft, new_id("film"))
        try:
            taken = await self._collect(job, start, draft)
            return await self._finish(draft, job.camera, job.alerts, taken), None
        except (AnjuError, OSError, TimeoutError) as error:
            why = (
                _NOT_RECORDED if isinstance(error, NotRecorded) else Words.of(why_of(error)) if str(error) else _TIMEOUT
            )
            if draft.raw.exists():
                return await self.recover(draft) or [], why
            await asyncio.to_thread(draft.discard)
            return [], why
        finally:
            # Stopped too early: the next segment may take further alerts again.
            job.stopped = job.stopped and job.end - self._now() < SHORTFALL

    async def alerts_since(self, when: datetime) -> list[Alert]:
        """Open alerts that were raised or repeated since then; empty when the database can't be read."""
        try:
            return await self._store.read(lambda connection: rows.alerts_since(connection, when, MAX_ALERTS))
        except NotRecorded as error:
            log.error("alerts of interrupted recordings can't be read", why=str(error))
            return []

    async def record_missing(self, alerts: Sequence[str], camera: str, why: Words) -> None:
        """Write into the alerts' history that there is no recording, and why."""
        at = self._now()

        def unit(connection: sqlite3.Connection) -> None:
            for alert in alerts:
                rows.append_missing(connection, alert, camera, why, at)

        try:
            await self._store.write(unit)
        except NotRecorded as error:
            log.error("missing recording not noted", alerts=list(alerts), why=str(error))

    async def leftover_drafts(self) -> list[Draft]:
        """Drafts of an earlier run of the gateway."""
        return await asyncio.to_thread(self._clip_storage.leftover_drafts)

    async def recover(self, draft: Draft) -> list[RecordedClip] | None:
        """Store what there is of an interrupted recording; None when there is nothing that can be played.

        It stays a draft while the database can't be written.
        """
        try:
            clips = await self._recover(draft)
        except NotRecorded as error:
            log.error("interrupted recording kept as draft", draft=draft.raw.name, why=str(error))
            return None
        except (AnjuError, OSError, ValueError, TimeoutError) as error:
            log.warning("interrupted recording can't be recovered", draft=draft.raw.name, why=str(error))
            clips = None
        await asyncio.to_thread(draft.discard)
        return clips

    async def _recover(self, draft: Draft) -> list[RecordedClip]:
        metadata = await asyncio.to_thread(draft.read_metadata)
        began = datetime.fromtimestamp(metadata.began, UTC)
        async with self._remux_slots:
            seconds = await self._footage.finish(draft.raw, draft.mp4)
        taken = RecordedSpan(began, began + timedelta(seconds=seconds))
        return await self._store_clips(draft, metadata.camera, metadata.alerts, taken)

    async def _collect(self, job: RecordingJob, start: datetime, draft: Draft) -> RecordedSpan:
        """Have the worker write packets to the draft until the job ends; returns from when to when they are."""
        before = (self._now() - start).total_seconds()
        metadata = DraftMetadata(job.camera, tuple(job.alerts), start.timestamp())
        await asyncio.to_thread(draft.write_metadata, metadata)
        taking = await self._footage.record(job.camera, draft.raw, max(0.0, before))
        try:
            await self._wait_for_end(job, draft, taking)
        finally:
            job.stopped = True
            taking.stop()
        async with asyncio.timeout(STOP_TIMEOUT_S):
            return await taking.result

    async def _wait_for_end(self, job: RecordingJob, draft: Draft, taking: OngoingRecording) -> None:
        """Until the job's end or the loss of the stream. Keeps the draft's metadata current meanwhile."""
        written: DraftMetadata | None = None
        # More time left than any recording takes means that the clock was set back: end then, too.
        max_left = (job.max_end - job.start).total_seconds()
        while 0 < (left := (job.end - self._now()).total_seconds()) <= max_left and not taking.result.done():
            metadata = DraftMetadata(job.camera, tuple(job.alerts), taking.began.timestamp())
            if metadata != written:
                await asyncio.to_thread(draft.write_metadata, metadata)
                written = metadata
            await asyncio.wait([taking.result], timeout=min(left, POLL_S))

    async def _finish(
        self, draft: Draft, camera: str, alerts: Sequence[str], taken: RecordedSpan
    ) -> list[RecordedClip]:
        async with self._remux_slots:
            await self._footage.finish(draft.raw, draft.mp4)
        clips = await self._store_clips(draft, camera, alerts, taken)
        await asyncio.to_thread(draft.discard)
        return clips

    async def _store_clips(
        self, draft: Draft, camera: str, alerts: Sequence[str], taken: RecordedSpan
    ) -> list[RecordedClip]:
        name, size = await asyncio.to_thread(self._clip_storage.store, draft)
        clips = [
            RecordedClip(alert=alert, camera=camera, began=taken.began, ended=taken.ended, file=name, size=size)
            for alert in alerts
        ]
        at = self._now()
        # In batches: one commit of a thousand rows would delay the acknowledgement of alarms.
        for first in range(0, len(clips), ROWS_PER_COMMIT):
            await self._store.write(partial(_append, clips[first : first + ROWS_PER_COMMIT], at))
        log.info("recorded", camera=camera, alerts=list(alerts), file=name, bytes=size)
        return clips


def _append(clips: Sequence[RecordedClip], at: datetime, connection: sqlite3.Connection) -> None:
    for clip in clips:
        rows.append(connection, clip, at)
