"""Records every alert that a camera sees, from ten seconds before it to twenty seconds after.

It runs beside the pipeline: an alert never waits for its recording. Alerts that follow closely share one.

Recording starts at once for every alert, however many run: writing a packet takes 20 µs, and the seconds before the
alert are only in the camera's ring for a short time. What is limited is the remuxing at the end
(`recording_writer.MAX_CONCURRENT_REMUXES`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gateway.model import Alert, Words
from gateway.recording.camera_lookup import CameraLookup
from gateway.recording.clip import RecordedClip
from gateway.recording.recording_job import RecordingJob
from gateway.recording.recording_writer import RecordingWriter
from gateway.recording.storage import Draft

log = structlog.get_logger(__name__)
BEFORE, AFTER = timedelta(seconds=10), timedelta(seconds=20)
MAX_DURATION = timedelta(seconds=90)
"""A recording that alerts keep extending ends here; the next alert starts another."""
MAX_ALERT_AGE = timedelta(seconds=30)
"""The camera's ring no longer holds the moment of an older alert, as after a crash when rules catch up."""
MAX_PER_CAMERA = 4
"""Recordings of one camera at once. Two overlap when alerts go on for longer than one recording may last."""
MAX_PER_ALERT = 5
_MAX_REMEMBERED = 2000
_TOO_MANY = Words("同一摄像机同时录像过多", "too many recordings of one camera at once")


@dataclass(slots=True)
class RecordingCounts:
    """Since the start: recordings stored, failed, and skipped because too many of one camera ran."""

    kept: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(slots=True)
class _Coverage:
    """How often an alert was recorded, and until when."""

    times: int
    until: datetime


@dataclass(slots=True)
class Recorder:
    """Starts recordings for alerts.

    `changed(alert_id)` is called when an alert has got a recording, or will get none. Run `run()` in a task.
    """

    cameras: CameraLookup
    writer: RecordingWriter
    now: Callable[[], datetime]
    changed: Callable[[str], Awaitable[None]]
    counts: RecordingCounts = field(default_factory=RecordingCounts)
    _new: list[RecordingJob] = field(default_factory=list)
    _skipped: list[tuple[str, str]] = field(default_factory=list)
    """Alert and camera of recordings that were skipped, which is still to be noted."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _running: list[RecordingJob] = field(default_factory=list)
    _covered: dict[str, _Coverage] = field(default_factory=dict)

    def look(self, alert: Alert) -> None:
        """Record the alert if it is new and a camera sees it. Returns at once; the pipeline's `look` stage calls it."""
        camera = self.cameras.for_alert(alert)
        if camera is None or alert.restored_at is not None or self.now() - alert.last_at > MAX_ALERT_AGE:
            return
        job = self._new_job(alert, camera)
        if job is not None:
            self._running.append(job)
            self._new.append(job)
        self._wake.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        drafts = await self.writer.leftover_drafts()  # before there are any of this run
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._resume(drafts), name="leftover-recordings")
            while True:
                await self._wake.wait()
                self._wake.clear()
                new, self._new = self._new, []
                for job in new:
                    tasks.create_task(self._record(job), name=f"recording-{job.camera}")
                skipped, self._skipped = self._skipped, []
                for alert, camera in skipped:
                    tasks.create_task(self._report_missing([alert], camera, _TOO_MANY), name="recording-skipped")

    async def recover_drafts(self) -> None:
        """Store what an earlier run of the gateway recorded when it ended."""
        await self._recover(await self.writer.leftover_drafts())

    async def _resume(self, drafts: list[Draft]) -> None:
        """Continue recording the alerts of just now, and store what an earlier run recorded of them."""
        for alert in await self.writer.alerts_since(self.now() - AFTER):
            self.look(alert)
        await self._recover(drafts)

    async def _recover(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            self._count(await self.writer.recover(draft))

    def _new_job(self, alert: Alert, camera: str) -> RecordingJob | None:
        """A new job for the alert. None when a running one covers it or can include it, or when it has enough."""
        # `look` is called again whenever the alert is repeated.
        covered = self._covered.get(alert.id)
        if covered and (alert.last_at <= covered.until or covered.times >= MAX_PER_ALERT):
            return None
        end = alert.last_at + AFTER
        job = next((job for job in self._running if job.can_include(camera, end)), None)
        if job is None and self._is_busy(camera):
            self.counts.skipped += 1
            log.warning("too many recordings of one camera at once", alert=alert.id, camera=camera)
            if len(self._skipped) < _MAX_REMEMBERED:
                self._skipped.append((alert.id, camera))
            return None
        self._cover(alert.id, end)
        if job is not None:
            job.include(alert.id, end)
            return None
        start = alert.last_at - BEFORE
        return RecordingJob(camera, start, end, max_end=start + MAX_DURATION, alerts=[alert.id])

    def _is_busy(self, camera: str) -> bool:
        """Whether the camera has its maximum of recordings. Those that are only being remuxed do not count."""
        return sum(job.camera == camera and not job.stopped for job in self._running) >= MAX_PER_CAMERA

    def _cover(self, alert: str, until: datetime) -> None:
        # Removed and added again, so that the oldest entry is the first one.
        times = self._covered.pop(alert).times if alert in self._covered else 0
        self._covered[alert] = _Coverage(times + 1, until)
        while len(self._covered) > _MAX_REMEMBERED:
            del self._covered[next(iter(self._covered))]

    async def _record(self, job: RecordingJob) -> None:
        try:
            result = await self.writer.write(job)
        finally:
            self._running.remove(job)
        self._count(result.clips)
        if result.clips:
            for alert in job.alerts:
                await self.changed(alert)
        else:
            await self._report_missing(job.alerts, job.camera, result.why)

    async def _report_missing(self, alerts: list[str], camera: str, why: Words) -> None:
        await self.writer.record_missing(alerts, camera, why)
        for alert in alerts:
            await self.changed(alert)

    def _count(self, clips: list[RecordedClip] | None) -> None:
        if clips:
            self.counts.kept += 1
        else:
            self.counts.failed += 1
