"""One recording from its beginning to its rows, for all the alerts it stands behind."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from gateway.errors import AnjuError, NotRecorded, why_of
from gateway.model import Alert, Words, new_id
from gateway.recording import rows
from gateway.recording.clip import Clip
from gateway.recording.footage_source import FootageSource, OngoingRecording, RecordedSpan
from gateway.recording.storage import ClipStorage, Draft, DraftNote
from gateway.store import Store

log = structlog.get_logger(__name__)
LOOK_S = 1.0
CLOSING_S = 15.0
"""How long a worker may take to write the last of a recording."""
BROKEN_OFF = timedelta(seconds=3)
"""A recording that ends so much before its time was broken off."""
MOST_PIECES = 3
RETRY_S = 2.0
"""Between two tries while the camera is away: it may come back while the alert's time runs."""
FINISH_AT_ONCE = 2
"""Files made at once: each reads and writes a recording once, and what is being recorded needs the disk more."""
MOST_ALERTS = 1000
"""Of one recording."""
ROWS_AT_ONCE = 200


_FULL = Words("磁盘快满了，请通知安装员", "the disk is nearly full")
_UNRECORDED = Words("数据库无法写入，请通知安装员", "the record can't be written")
_SLOW = Words("录像超时", "it took too long")
_UNKNOWN = Words("原因不明", "nobody knows why")


@dataclass(slots=True, eq=False)
class RecordingFile:
    """What is wanted of one camera; `until` moves on while alerts follow each other, up to `longest`."""

    camera: str
    begin: datetime
    until: datetime
    longest: datetime
    alerts: list[str]
    ending: bool = False

    def takes_in(self, camera: str, until: datetime) -> bool:
        fits = until <= self.longest and len(self.alerts) < MOST_ALERTS
        return camera == self.camera and not self.ending and fits

    def extend(self, alert: str, until: datetime) -> None:
        if alert not in self.alerts:
            self.alerts.append(alert)
        self.until = max(self.until, until)


@dataclass(frozen=True, slots=True)
class Made:
    """The clips that are on record; where there is none, why."""

    clips: list[Clip]
    why: Words


class RecordingFiles:
    """Makes them. What goes wrong is logged and costs the recording, nothing else."""

    def __init__(self, footage: FootageSource, store: Store, shelf: ClipStorage, now: Callable[[], datetime]) -> None:
        self._footage = footage
        self._store = store
        self._shelf = shelf
        self._now = now
        self._finishing = asyncio.Semaphore(FINISH_AT_ONCE)

    async def make(self, film: RecordingFile) -> Made:
        """Film until it is over.

        What breaks off goes on in another piece where it can: a camera whose main stream is lost still has the other.
        A camera that is away is tried again while there is time.
        """
        clips: list[Clip] = []
        begin, pieces = film.begin, 0
        while True:
            piece, why = await self._piece(film, begin)
            clips += piece
            pieces += bool(piece)
            if pieces >= MOST_PIECES or (why and not self._may_come(film, why)):
                if why:
                    log.warning("a recording is missing or broken off", camera=film.camera, why=str(why))
                break
            if piece and film.until - max(piece[0].ended, self._now()) < BROKEN_OFF:
                break
            if piece:
                begin = piece[0].ended
            else:
                await asyncio.sleep(RETRY_S)
        return Made(clips, why or _UNKNOWN)

    def _may_come(self, film: RecordingFile, why: Words) -> bool:
        """Whether to try again: not on a bad disk, not when the time is nearly over or the clock was set back."""
        return why not in {_FULL, _UNRECORDED} and BROKEN_OFF < film.until - self._now() <= film.longest - film.begin

    async def _piece(self, film: RecordingFile, begin: datetime) -> tuple[list[Clip], Words | None]:
        """The clips of one try; why there is none."""
        if not await asyncio.to_thread(self._shelf.has_room):
            log.error("the disk is nearly full: nothing is filmed", camera=film.camera, alerts=film.alerts)
            return [], _FULL
        draft = await asyncio.to_thread(self._shelf.draft, new_id("film"))
        try:
            taken = await self._take(film, begin, draft)
            return await self._keep(draft, film.camera, film.alerts, taken), None
        except (AnjuError, OSError, TimeoutError) as error:
            why = _UNRECORDED if isinstance(error, NotRecorded) else Words.of(why_of(error)) if str(error) else _SLOW
            if draft.raw.exists():
                return await self.salvage(draft) or [], why
            await asyncio.to_thread(draft.discard)
            return [], why
        finally:
            film.ending = film.ending and film.until - self._now() < BROKEN_OFF

    async def alerts_since(self, when: datetime) -> list[Alert]:
        """That began or came again since then; empty when the record can't be read."""
        try:
            return await self._store.read(lambda connection: rows.alerts_since(connection, when, MOST_ALERTS))
        except NotRecorded as error:
            log.error("nobody knows which alerts were being filmed", why=str(error))
            return []

    async def note_missing(self, alerts: Sequence[str], camera: str, why: Words) -> None:
        """Tell in the alerts' story that there is no recording, and why."""
        at = self._now()

        def unit(connection: sqlite3.Connection) -> None:
            for alert in alerts:
                rows.append_missing(connection, alert, camera, why, at)

        try:
            await self._store.write(unit)
        except NotRecorded as error:
            log.error("that there is no recording is not on record", alerts=list(alerts), why=str(error))

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
        async with self._finishing:
            seconds = await self._footage.finish(draft.raw, draft.mp4)
        span = RecordedSpan(began, began + timedelta(seconds=seconds))
        return await self._file(draft, note.camera, note.alerts, span)

    async def _take(self, film: RecordingFile, begin: datetime, draft: Draft) -> RecordedSpan:
        before = (self._now() - begin).total_seconds()
        await asyncio.to_thread(draft.note, DraftNote(film.camera, tuple(film.alerts), begin.timestamp()))
        taking = await self._footage.record(film.camera, draft.raw, max(0.0, before))
        try:
            await self._roll(film, draft, taking)
        finally:
            film.ending = True
            taking.stop()
        async with asyncio.timeout(CLOSING_S):
            return await taking.result

    async def _roll(self, film: RecordingFile, draft: Draft, taking: OngoingRecording) -> None:
        """Until its time has come or the stream is lost; the note beside it says whom it is for meanwhile.

        More time left than any recording takes means that the clock was set back: it ends then, too.
        """
        noted: DraftNote | None = None
        most = (film.longest - film.begin).total_seconds()
        while 0 < (left := (film.until - self._now()).total_seconds()) <= most and not taking.result.done():
            note = DraftNote(film.camera, tuple(film.alerts), taking.began.timestamp())
            if note != noted:
                await asyncio.to_thread(draft.note, note)
                noted = note
            await asyncio.wait([taking.result], timeout=min(left, LOOK_S))

    async def _keep(self, draft: Draft, camera: str, alerts: Sequence[str], taken: RecordedSpan) -> list[Clip]:
        async with self._finishing:
            await self._footage.finish(draft.raw, draft.mp4)
        clips = await self._file(draft, camera, alerts, taken)
        await asyncio.to_thread(draft.discard)
        return clips

    async def _file(self, draft: Draft, camera: str, alerts: Sequence[str], taken: RecordedSpan) -> list[Clip]:
        name, size = await asyncio.to_thread(self._shelf.keep, draft)
        clips = [
            Clip(alert=alert, camera=camera, began=taken.began, ended=taken.ended, file=name, size=size)
            for alert in alerts
        ]
        at = self._now()

        for few in batched(clips, ROWS_AT_ONCE):
            await self._store.write(partial(_append, few, at))
        log.info("recorded", camera=camera, alerts=list(alerts), file=name, bytes=size)
        return clips


def _append(clips: Sequence[Clip], at: datetime, connection: sqlite3.Connection) -> None:
    for clip in clips:
        rows.append(connection, clip, at)


def batched(clips: Sequence[Clip], size: int) -> Iterator[Sequence[Clip]]:
    for at in range(0, len(clips), size):
        yield clips[at : at + size]
