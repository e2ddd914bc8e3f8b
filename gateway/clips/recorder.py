"""Every alert that a camera saw gets a recording: from ten seconds before it to twenty after.

Beside the way of the data: an alert never waits for its recording. Alerts that follow closely share one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from gateway.clips.cameras import Cameras
from gateway.clips.clip import Clip
from gateway.clips.film import Film, Films
from gateway.model import Alert

log = structlog.get_logger(__name__)
BEFORE, AFTER = timedelta(seconds=10), timedelta(seconds=20)
LONGEST = timedelta(seconds=90)
"""A recording that alerts keep extending ends here; the next alert begins another."""
TOO_LATE = timedelta(seconds=30)
"""After so long nothing of the moment is in the camera's ring any more: alerts caught up with after a crash."""
MOST_AT_ONCE = 16
MOST_WAITING = 200
MOST_OF_ONE_ALERT = 5
_REMEMBERED = 2000


@dataclass(slots=True)
class Counts:
    """Since the start: recordings kept, failed, and not begun because too many ran or the disk is nearly full."""

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

    cameras: Cameras
    films: Films
    now: Callable[[], datetime]
    changed: Callable[[str], Awaitable[None]]
    counts: Counts = field(default_factory=Counts)
    _waiting: asyncio.Queue[tuple[Alert, str]] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    _running: list[Film] = field(default_factory=list)
    _covered: dict[str, _Covered] = field(default_factory=dict)

    def look(self, alert: Alert) -> None:
        """Have it filmed, if it happens now and a camera sees it. Returns at once."""
        camera = self.cameras.of(alert)
        if camera is None or alert.restored_at is not None or self.now() - alert.last_at > TOO_LATE:
            return
        if self._waiting.full():
            self.counts.skipped += 1
        else:
            self._waiting.put_nowait((alert, camera))

    async def run(self) -> None:
        """Runs for good."""
        async with asyncio.TaskGroup() as tasks:
            await self.salvage()
            while True:
                film = self._cast(*await self._waiting.get())
                if film is not None:
                    self._running.append(film)
                    tasks.create_task(self._make(film), name=f"film-{film.camera}")

    async def salvage(self) -> None:
        """What an earlier life of the gateway was filming when it ended."""
        for draft in await self.films.left_over():
            self._count(await self.films.salvage(draft))

    def _cast(self, alert: Alert, camera: str) -> Film | None:
        """A new film for the alert, unless it is or can be in one that runs, or is in enough of them."""
        covered = self._covered.get(alert.id)
        if covered and (alert.last_at <= covered.until or covered.times >= MOST_OF_ONE_ALERT):
            return None
        until = alert.last_at + AFTER
        film = next((film for film in self._running if film.takes_in(camera, until)), None)
        if film is None and len(self._running) >= MOST_AT_ONCE:
            self.counts.skipped += 1
            log.warning("too many recordings at once", alert=alert.id, camera=camera)
            return None
        self._cover(alert.id, until)
        if film is not None:
            film.extend(alert.id, until)
            return None
        begin = alert.last_at - BEFORE
        return Film(camera, begin, until, longest=begin + LONGEST, alerts=[alert.id])

    def _cover(self, alert: str, until: datetime) -> None:
        times = self._covered.pop(alert).times if alert in self._covered else 0
        self._covered[alert] = _Covered(times + 1, until)
        while len(self._covered) > _REMEMBERED:
            del self._covered[next(iter(self._covered))]

    async def _make(self, film: Film) -> None:
        try:
            self._count(await self.films.make(film))
        finally:
            self._running.remove(film)
        for alert in film.alerts:
            await self.changed(alert)

    def _count(self, clips: list[Clip] | None) -> None:
        if clips:
            self.counts.kept += 1
        else:
            self.counts.failed += 1
