"""The phases of a deletion, in their order. Each goes through one part of what is kept, slice by slice."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from gateway.config.residents.privacy import SHORTEST_VIDEO
from gateway.history import rows as history_rows
from gateway.privacy import rows
from gateway.privacy.file_scan import files_holding
from gateway.privacy.identity import Identity
from gateway.privacy.registry import PERSONAL
from gateway.privacy.scrubber import Scrubber
from gateway.store import Store, register_copy
from gateway.store.columns import from_json, to_us
from gateway.store.redaction import NewContent, redact
from gateway.store.vault import Vault, VaultError

SLICE = 2000
"""Rows that are read at once, beside the writer."""
BATCH = 100
"""Rows that are written in one transaction."""
PAUSE_S = 0.01
_MERGE_PAGES = 200
_CHECKPOINT_TRIES = 50


@dataclass
class Work:
    """One deletion that is carried out."""

    store: Store
    now: Callable[[], datetime]
    erasure: str
    by: str
    identity: Identity
    scrubber: Scrubber
    counts: Counter[str]
    left: list[str] = field(default_factory=list)
    kept_clips: list[str] = field(default_factory=list)

    def note(self, connection: sqlite3.Connection, phase: str, position: int) -> None:
        """Write how far it is, in the transaction of the slice."""
        rows.set_progress(connection, self.erasure, phase, position, json.dumps(self.counts))

    async def empty_wal(self) -> bool:
        """Bring the WAL into the database, where deleted pages are zeroed; False when readers did not let it."""
        for _ in range(_CHECKPOINT_TRIES):
            if await self.store.inspect(rows.wal_is_empty):
                return True
            await asyncio.sleep(0.1)
        return False


@dataclass(frozen=True, slots=True)
class Phase:
    """`run(work, position)` goes on from `position`, a number of the phase's own."""

    name: str
    run: Callable[[Work, int], Awaitable[None]]


_PICTURES = frozenset({"snapshot", "face"})
"""Keys of a sighting's data that name pictures."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Pictures that nothing refers to any more, and recordings that the law wants to be kept for a while."""

    pictures: Sequence[str]
    kept_clips: Sequence[str]


async def _sightings(work: Work, _position: int) -> None:
    """Signals that show the person or their vehicle: the picture goes, and who it was."""
    values = [(work.identity.person, False), *((plate, True) for plate in work.identity.plates)]
    for value, plate in values:
        after = 0
        while found := await work.store.read(
            partial(rows.sightings, value=value, after=after, limit=BATCH, plate=plate)
        ):
            after = found[-1]["number"]
            dropped = await work.store.write(partial(_drop_sightings, work=work, found=found))
            for picture in dropped.pictures:
                await asyncio.to_thread(work.store.media.delete, picture)
            work.kept_clips += dropped.kept_clips
            work.counts["journal"] += len(found)
            await asyncio.sleep(PAUSE_S)


def _drop_sightings(connection: sqlite3.Connection, work: Work, found: Sequence[sqlite3.Row]) -> Dropped:
    alerts = rows.alerts_of_signals(connection, [row["number"] for row in found])
    pictures = rows.pictures_of_alerts(connection, alerts)
    for row in found:
        data = from_json(row["data"])
        pictures += [data[key] for key in _PICTURES if isinstance(data.get(key), str)]
        kept = {key: value for key, value in data.items() if key not in _PICTURES | {"household"}}
        rows.set_data(connection, row["number"], work.scrubber.data(kept))
    kept_clips = rows.drop_pictures(connection, alerts, to_us(work.now() - SHORTEST_VIDEO))
    rows.add_subjects(connection, work.erasure, alerts)
    free = [each for each in dict.fromkeys(pictures) if not rows.picture_is_needed(connection, each, alerts)]
    return Dropped(free, kept_clips)


def _texts(table: str, names: Sequence[str], sealed: Sequence[str] = ()) -> Phase:
    """A phase that takes the person out of a table's texts."""
    name = f"texts:{table}"

    async def run(work: Work, position: int) -> None:
        if table not in await work.store.read(rows.tables):
            return
        while True:
            found = await work.store.read(
                partial(rows.texts, table=table, names=(*names, *sealed), after=position, limit=SLICE)
            )
            if not found:
                return
            position = found[-1]["row"]
            changed = [(row, values) for row in found if (values := _scrubbed(work, row, names, sealed))]
            for begin in range(0, len(changed), BATCH):
                batch = changed[begin : begin + BATCH]
                work.counts[table] += len(batch)
                await work.store.write(partial(_put_texts, work=work, phase=name, table=table, changed=batch))
                await asyncio.sleep(PAUSE_S)
            await asyncio.sleep(PAUSE_S)

    return Phase(name, run)


def _scrubbed(work: Work, row: sqlite3.Row, names: Sequence[str], sealed: Sequence[str]) -> dict[str, str | bytes]:
    """The columns that hold the person, without the person."""
    held = {name: row[name] for name in names if row[name] and work.scrubber.may_hold(row[name])}
    found: dict[str, str | bytes] = {
        name: new for name, text in held.items() if (new := work.scrubber.column(text)) != text
    }
    for name in sealed:
        text = _opened(work.store.vault, row[name])
        if text and work.scrubber.may_hold(text) and (new := work.scrubber.column(text)) != text:
            found[name] = work.store.vault.encrypt(new.encode())
    return found


def _opened(vault: Vault, value: object) -> str:
    """A sealed text; empty for one that another key sealed: nobody can read that."""
    with suppress(VaultError, UnicodeDecodeError):
        return vault.decrypt(value).decode() if isinstance(value, bytes) and value else ""
    return ""


def _put_texts(
    connection: sqlite3.Connection,
    work: Work,
    phase: str,
    table: str,
    changed: Sequence[tuple[sqlite3.Row, dict[str, str | bytes]]],
) -> None:
    subjects = []
    for row, values in changed:
        rows.set_texts(connection, table, row["row"], values)
        if (subject := rows.subject_of(table, row)) is not None:
            subjects.append(subject)
        if table == "journal":
            subjects += rows.alerts_of_signals(connection, [row["row"]])
    rows.add_subjects(connection, work.erasure, subjects)
    work.note(connection, phase, changed[0][0]["row"] - 1)


async def _steps(work: Work, position: int) -> None:
    """The audit: words are replaced, and one step for each batch attests it."""
    names = ("note", "data")
    while True:
        found = await work.store.read(partial(rows.texts, table="steps", names=names, after=position, limit=SLICE))
        if not found:
            return
        position = found[-1]["row"]
        hits = [content for row in found if (content := _redacted(work, row)) is not None]
        subjects = {row["row"]: rows.subject_of("steps", row) for row in found}
        for begin in range(0, len(hits), BATCH):
            batch = hits[begin : begin + BATCH]
            work.counts["steps"] += len(batch)
            about = [each for content in batch if (each := subjects.get(content.number))]
            await work.store.write(partial(_put_steps, work=work, contents=batch, subjects=about))
            await asyncio.sleep(PAUSE_S)
        await asyncio.sleep(PAUSE_S)


def _redacted(work: Work, row: sqlite3.Row) -> NewContent | None:
    note, data = row["note"], row["data"]
    if not (work.scrubber.names_in(note) or work.scrubber.names_in(data)):
        return None
    return NewContent(row["row"], work.scrubber.without_names(note), work.scrubber.without_names(data))


def _put_steps(
    connection: sqlite3.Connection, work: Work, contents: Sequence[NewContent], subjects: Sequence[str]
) -> None:
    redact(connection, contents, work.by, work.now(), {"erasure": work.erasure})
    rows.add_subjects(connection, work.erasure, subjects)
    work.note(connection, "steps", contents[0].number - 1)


async def _quarantine(work: Work, position: int) -> None:
    """Raw messages of devices: one that holds the person's data is deleted."""
    forms = work.identity.byte_forms()
    while found := await work.store.read(partial(rows.quarantined, after=position, limit=SLICE)):
        position = found[-1]["number"]
        texts = ((row["number"], bytes(row["data"]), f"{row['why']} {row['why_zh'] or ''}".encode()) for row in found)
        hits = [number for number, raw, why in texts if any(form in raw or form in why for form in forms)]
        if hits:
            await work.store.write(partial(rows.delete_quarantined, numbers=hits))
            work.counts["quarantine"] += len(hits)
        await asyncio.sleep(PAUSE_S)


async def _search(work: Work, _position: int) -> None:
    """The index of words: those of changed alerts are made again, then merged until the old ones are gone."""
    after = ""
    while found := await work.store.read(partial(rows.subjects, erasure=work.erasure, after=after, limit=BATCH)):
        after = found[-1]
        await work.store.write(partial(history_rows.renew, subjects=found))
        await asyncio.sleep(PAUSE_S)
    first = True
    while await work.store.write(partial(history_rows.merge_words, pages=_MERGE_PAGES, first=first)):
        first = False
        await asyncio.sleep(PAUSE_S)


async def _files(work: Work, _position: int) -> None:
    """The second copy, the WAL, copies of damaged databases; then all files are looked through."""
    folder = work.store.folder
    await work.store.write(partial(register_copy.save, folder=folder))
    await work.empty_wal()
    forms = work.identity.byte_forms()
    left = await asyncio.to_thread(files_holding, folder, forms)
    if any(name.startswith("damaged-") for name in left) and await asyncio.to_thread(work.store.is_whole):
        for name in {name.split("/")[0] for name in left if name.startswith("damaged-")}:
            await asyncio.to_thread(shutil.rmtree, folder / name, True)
        left = await asyncio.to_thread(files_holding, folder, forms)
    work.left[:] = left


PHASES: Sequence[Phase] = (
    Phase("sightings", _sightings),
    *(
        _texts(table.table, (*table.texts, *((table.actor,) if table.actor else ())), table.sealed_texts)
        for table in PERSONAL
        if table.texts or table.actor or table.sealed_texts
    ),
    Phase("steps", _steps),
    Phase("quarantine", _quarantine),
    Phase("search", _search),
    Phase("files", _files),
)
