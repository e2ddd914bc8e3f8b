"""One recording from its beginning to its rows, for all the alerts it stands behind."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from gateway.clips import rows
from gateway.clips.clip import Clip
from gateway.clips.footage import Footage, Taken, Taking
from gateway.clips.shelf import Draft, Note, Shelf
from gateway.errors import AnjuError, NotRecorded
from gateway.model import new_id
from gateway.store import Store

log = structlog.get_logger(__name__)
LOOK_S = 1.0
CLOSING_S = 15.0
"""How long a worker may take to write the last of a recording."""
BROKEN_OFF = timedelta(seconds=3)
"""A recording that ends so much before its time was broken off."""
MOST_PIECES = 3


@dataclass(slots=True, eq=False)
class Film:
    """What is wanted of one camera; `until` moves on while alerts follow each other, up to `longest`."""

    camera: str
    begin: datetime
    until: datetime
    longest: datetime
    alerts: list[str]
    ending: bool = False

    def takes_in(self, camera: str, until: datetime) -> bool:
        return camera == self.camera and not self.ending and until <= self.longest

    def extend(self, alert: str, until: datetime) -> None:
        if alert not in self.alerts:
            self.alerts.append(alert)
        self.until = max(self.until, until)


class Films:
    """Makes them. What goes wrong is logged and costs the recording, nothing else."""

    def __init__(self, footage: Footage, store: Store, shelf: Shelf, now: Callable[[], datetime]) -> None:
        self._footage = footage
        self._store = store
        self._shelf = shelf
        self._now = now

    async def make(self, film: Film) -> list[Clip] | None:
        """Film until it is over; the clips that are on record then, None when it failed.

        What breaks off goes on in another piece where it can: a camera whose main stream is lost still has the other.
        """
        clips: list[Clip] = []
        begin = film.begin
        for _ in range(MOST_PIECES):
            piece = await self._piece(film, begin)
            clips += piece
            if not piece or film.until - max(piece[0].ended, self._now()) < BROKEN_OFF:
                break
            begin = piece[0].ended
        return clips or None

    async def _piece(self, film: Film, begin: datetime) -> list[Clip]:
        if not await asyncio.to_thread(self._shelf.has_room):
            log.error("the disk is nearly full: nothing is filmed", camera=film.camera, alerts=film.alerts)
            return []
        draft = await asyncio.to_thread(self._shelf.draft, new_id("film"))
        try:
            taken = await self._take(film, begin, draft)
            return await self._keep(draft, film.camera, film.alerts, taken)
        except (AnjuError, OSError, TimeoutError) as error:
            why = str(error) or "it took too long"
            log.warning("no recording", camera=film.camera, alerts=film.alerts, begin=begin.isoformat(), why=why)
            return (await self.salvage(draft) or []) if draft.raw.exists() else []

    async def left_over(self) -> list[Draft]:
        return await asyncio.to_thread(self._shelf.left_over)

    async def salvage(self, draft: Draft) -> list[Clip] | None:
        """Keep what there is of a recording that was broken off. Stays a draft while the disk will not have its row."""
        try:
            clips = await self._salvage(draft)
        except NotRecorded as error:
            log.error("a recording waits for the record to be mended", draft=draft.raw.name, why=str(error))
            return None
        except (AnjuError, OSError, ValueError, TimeoutError) as error:
            log.warning("a broken-off recording can't be saved", draft=draft.raw.name, why=str(error))
            clips = None
        await asyncio.to_thread(draft.discard)
        return clips

    async def _salvage(self, draft: Draft) -> list[Clip]:
        note = await asyncio.to_thread(draft.read_note)
        began = datetime.fromtimestamp(note.began, UTC)
        seconds = await self._footage.finish(draft.raw, draft.mp4)
        return await self._file(draft, note.camera, note.alerts, Taken(began, began + timedelta(seconds=seconds)))

    async def _take(self, film: Film, begin: datetime, draft: Draft) -> Taken:
        before = (self._now() - begin).total_seconds()
        taking = await self._footage.record(film.camera, draft.raw, max(0.0, before))
        try:
            await self._roll(film, draft, taking)
        finally:
            film.ending = True
            taking.stop()
        async with asyncio.timeout(CLOSING_S):
            return await taking.taken

    async def _roll(self, film: Film, draft: Draft, taking: Taking) -> None:
        """Until its time has come or the stream is lost; the note beside it says whom it is for meanwhile.

        More time left than any recording takes means that the clock was set back: it ends then, too.
        """
        noted: Note | None = None
        most = (film.longest - film.begin).total_seconds()
        while 0 < (left := (film.until - self._now()).total_seconds()) <= most and not taking.taken.done():
            note = Note(film.camera, tuple(film.alerts), taking.began.timestamp())
            if note != noted:
                await asyncio.to_thread(draft.note, note)
                noted = note
            await asyncio.wait([taking.taken], timeout=min(left, LOOK_S))

    async def _keep(self, draft: Draft, camera: str, alerts: Sequence[str], taken: Taken) -> list[Clip]:
        await self._footage.finish(draft.raw, draft.mp4)
        clips = await self._file(draft, camera, alerts, taken)
        await asyncio.to_thread(draft.discard)
        return clips

    async def _file(self, draft: Draft, camera: str, alerts: Sequence[str], taken: Taken) -> list[Clip]:
        name, size = await asyncio.to_thread(self._shelf.keep, draft)
        clips = [
            Clip(alert=alert, camera=camera, began=taken.began, ended=taken.ended, file=name, size=size)
            for alert in alerts
        ]
        at = self._now()

        def unit(connection: sqlite3.Connection) -> None:
            for clip in clips:
                rows.append(connection, clip, at)

        await self._store.write(unit)
        log.info("recorded", camera=camera, alerts=list(alerts), file=name, bytes=size)
        return clips
