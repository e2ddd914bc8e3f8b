"""Every alert that a camera saw gets a recording: from ten seconds before it to twenty after.

Beside the way of the data: an alert never waits for its recording. Alerts that follow closely share one.

Each camera is recorded at once, however many there are: a picture costs 20 µs on its way to the disk, and whoever
waited would lose the seconds before the alert, which the camera's ring has for no longer. What waits its turn is
the making of a file out of it (`film.FINISH_AT_ONCE`).
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
from gateway.recording.recording_writer import RecordingJob, RecordingWriter
from gateway.recording.storage import Draft

log = structlog.get_logger(__name__)
BEFORE, AFTER = timedelta(seconds=10), timedelta(seconds=20)
MAX_DURATION = timedelta(seconds=90)
"""A recording that alerts keep extending ends here; the next alert begins another."""
MAX_ALERT_AGE = timedelta(seconds=30)
"""After so long nothing of the moment is in the camera's ring any more: alerts caught up with after a crash."""
MAX_PER_CAMERA = 4
"""Recordings at once. Two overlap where alerts go on for longer than one may last."""
MAX_PER_ALERT = 5
_REMEMBERED = 2000
_CROWDED = Words("同一摄像机同时录像过多", "too many recordings of one camera at once")


@dataclass(slots=True)
class RecordingCounts:
    """Since the start: recordings kept, failed, and not begun because too many of one camera ran."""

    kept: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(slots=True)
class _Covered:
    """What of an alert is on film: how often it was filmed, and up to when."""

    times: int
    until: datetime


@dataclass(slots=True)
class Recorder:
    """`changed(alert)` is told of an alert that has got a recording. Run `run()` in a task."""

    cameras: CameraLookup
    films: RecordingWriter
    now: Callable[[], datetime]
    changed: Callable[[str], Awaitable[None]]
    counts: RecordingCounts = field(default_factory=RecordingCounts)
    _new: list[RecordingJob] = field(default_factory=list)
    _untold: list[tuple[str, str]] = field(default_factory=list)
    """Alerts and cameras that nothing is recorded of, which is to be told."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _running: list[RecordingJob] = field(default_factory=list)
    _covered: dict[str, _Covered] = field(default_factory=dict)

    def look(self, alert: Alert) -> None:
        """Have it filmed, if it happens now and a camera sees it. Returns at once."""
        camera = self.cameras.of(alert)
        if camera is None or alert.restored_at is not None or self.now() - alert.last_at > MAX_ALERT_AGE:
            return
        film = self._cast(alert, camera)
        if film is not None:
            self._running.append(film)
            self._new.append(film)
        self._wake.set()

    async def run(self) -> None:
        """Runs for good."""
        drafts = await self.films.left_over()  # before there are any of this life
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._resume(drafts), name="left-over-films")
            while True:
                await self._wake.wait()
                self._wake.clear()
                new, self._new = self._new, []
                for film in new:
                    tasks.create_task(self._make(film), name=f"film-{film.camera}")
                untold, self._untold = self._untold, []
                for alert, camera in untold:
                    tasks.create_task(self._tell_missing([alert], camera, _CROWDED), name="no-film")

    async def salvage(self) -> None:
        """What an earlier life of the gateway was filming when it ended."""
        await self._salvage(await self.films.left_over())

    async def _resume(self, drafts: list[Draft]) -> None:
        """What an earlier life began: what goes on is filmed on, what was filmed is kept."""
        for alert in await self.films.alerts_since(self.now() - AFTER):
            self.look(alert)
        await self._salvage(drafts)

    async def _salvage(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            self._count(await self.films.salvage(draft))

    def _cast(self, alert: Alert, camera: str) -> RecordingJob | None:
        """A new film for the alert, unless it is or can be in one that runs, or is in enough of them."""
        covered = self._covered.get(alert.id)
        if covered and (alert.last_at <= covered.until or covered.times >= MAX_PER_ALERT):
            return None
        until = alert.last_at + AFTER
        film = next((film for film in self._running if film.takes_in(camera, until)), None)
        if film is None and self._is_crowded(camera):
            self.counts.skipped += 1
            log.warning("too many recordings of one camera at once", alert=alert.id, camera=camera)
            if len(self._untold) < _REMEMBERED:
                self._untold.append((alert.id, camera))
            return None
        self._cover(alert.id, until)
        if film is not None:
            film.extend(alert.id, until)
            return None
        begin = alert.last_at - BEFORE
        return RecordingJob(camera, begin, until, longest=begin + MAX_DURATION, alerts=[alert.id])

    def _is_crowded(self, camera: str) -> bool:
        """What is only made into a file does not count."""
        return sum(film.camera == camera and not film.ending for film in self._running) >= MAX_PER_CAMERA

    def _cover(self, alert: str, until: datetime) -> None:
        times = self._covered.pop(alert).times if alert in self._covered else 0
        self._covered[alert] = _Covered(times + 1, until)
        while len(self._covered) > _REMEMBERED:
            del self._covered[next(iter(self._covered))]

    async def _make(self, film: RecordingJob) -> None:
        try:
            made = await self.films.make(film)
        finally:
            self._running.remove(film)
        self._count(made.clips)
        if made.clips:
            for alert in film.alerts:
                await self.changed(alert)
        else:
            await self._tell_missing(film.alerts, film.camera, made.why)

    async def _tell_missing(self, alerts: list[str], camera: str, why: Words) -> None:
        await self.films.note_missing(alerts, camera, why)
        for alert in alerts:
            await self.changed(alert)

    def _count(self, clips: list[RecordedClip] | None) -> None:
        if clips:
            self.counts.kept += 1
        else:
            self.counts.failed += 1
