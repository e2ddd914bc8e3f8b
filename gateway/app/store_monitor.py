"""Looks after the database while the gateway runs: checks it, brings over what a damaged one held, and tells people."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from gateway.desk import DecisionOnEvent, Desk
from gateway.errors import NotRecorded
from gateway.flow.unrecorded_signals import GATEWAY
from gateway.model import Clear, Raise, Severity, Signal, Words, as_data
from gateway.store import Store, integrity, register_copy, watermark
from gateway.store.connection import is_damage
from gateway.store.faults import StoreFault, rows_restored
from gateway.store.salvage import damaged_folder, remaining_rows
from gateway.store.salvage.essential_rows import NUMBERED_TABLES
from gateway.store.salvage.rows import LostRows
from gateway.store.salvage.source import last_numbers, open_source

log = structlog.get_logger(__name__)
RULE = "storage"
PASSING = ("unwritable", "keys")
"""Troubles that are over when a start does not meet them again."""
SMALL_S = 180.0
"""Between two looks at what is small: 7 to 45 ms a table."""
WHOLE_S = 86400.0
"""Between two looks at every page; the first is a little after the start."""
FIRST_WHOLE_S = 120.0
PAUSE_S = 0.02
"""Between two units of old rows, for live ones."""
AGAIN_S = 1.0
SPARE = 0.05
"""The share of the disk that old rows leave free for new ones."""
Say = Callable[[Signal], Awaitable[int]]


class StoreMonitor:
    """`say` puts a signal through the intake."""

    def __init__(self, store: Store, desk: Desk, say: Say, now: Callable[[], datetime]) -> None:
        self._store = store
        self._desk = desk
        self._say = say
        self._now = now
        self._generation = store.generation
        self._set_aside = asyncio.Event()

    async def run(self) -> None:
        """Runs for good."""
        await self._clear_what_is_over()
        self._set_aside.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell())
            tasks.create_task(self._bring_over_each())
            tasks.create_task(self._check_small())
            tasks.create_task(self._check_whole())

    async def _clear_what_is_over(self) -> None:
        told = [self._store.faults.get_nowait() for _ in range(self._store.faults.qsize())]
        for key in self._desk.held(RULE) & set(PASSING) - {trouble.key for trouble in told}:
            await self._show(StoreFault(key, Words("已恢复", "it works again"), over=True))
        for trouble in told:
            await self._show(trouble)

    async def _tell(self) -> None:
        while True:
            trouble = await self._store.faults.get()
            while self._generation != self._store.generation:
                await self._restate()
            await self._show(trouble)
            self._set_aside.set()

    async def _restate(self) -> None:
        """Another file has taken the database's place: what is open is on record again before anything else."""
        generation = self._store.generation
        try:
            await self._desk.restate()
            self._generation = generation
        except NotRecorded as error:
            log.error("open alerts can't be written", why=str(error))
            await asyncio.sleep(AGAIN_S)

    async def _show(self, trouble: StoreFault, severity: Severity = Severity.CRITICAL) -> None:
        kind = "storage.restored" if trouble.over else "storage.failed"
        signal = Signal(device=GATEWAY, kind=kind, data={"why": as_data(trouble.words)}, fresh=True)
        number = None
        try:
            number = await self._say(signal)
        except NotRecorded as error:
            log.error("what is wrong with the database is not on record", why=str(error))
        decision = (
            Clear(trouble.key, trouble.words)
            if trouble.over
            else Raise(trouble.key, severity, "", trouble.words, GATEWAY)
        )
        await self._desk.decide([DecisionOnEvent(RULE, decision, replace(signal, received=self._now(), number=number))])

    async def _bring_over_each(self) -> None:
        while True:
            await self._set_aside.wait()
            self._set_aside.clear()
            for folder in await asyncio.to_thread(damaged_folder.unfinished, self._store.folder):
                try:
                    await self._bring_over(folder)
                except (OSError, sqlite3.Error) as error:
                    log.error("a damaged database can't be read", folder=str(folder), why=str(error))

    async def _bring_over(self, folder: Path) -> None:
        """One thread reads, and closes what it reads: a connection is not closed while it is in use."""
        loop, stack = asyncio.get_running_loop(), ExitStack()
        reader = ThreadPoolExecutor(1, thread_name_prefix="anju-salvage")
        try:
            roots = await loop.run_in_executor(reader, register_copy.roots, self._store.folder)
            source = await loop.run_in_executor(
                reader, stack.enter_context, open_source(folder / damaged_folder.DATABASE, roots, folder)
            )
            await self._bring_over_from(source, folder, reader)
        finally:
            reader.submit(stack.close)
            reader.shutdown(wait=False)

    async def _bring_over_from(self, source: sqlite3.Connection, folder: Path, reader: ThreadPoolExecutor) -> None:
        loop, lost, rows = asyncio.get_running_loop(), LostRows(), 0
        note = damaged_folder.read_note(folder) or damaged_folder.SalvageNote("", {})
        mark = note.ends or await loop.run_in_executor(reader, watermark.read, self._store.folder)
        ends = await loop.run_in_executor(reader, last_numbers, source, mark, NUMBERED_TABLES)
        columns = await self._store.read(remaining_rows.columns)
        units = remaining_rows.units(source, columns, ends, lost)
        while (unit := await loop.run_in_executor(reader, next, units, None)) is not None:
            rows += await self._write(unit)
        while await self._write(remaining_rows.rebuild_missing_alerts):
            pass
        done = damaged_folder.SalvageNote(note.why, ends, lost.rows(), done=True)
        await asyncio.to_thread(damaged_folder.write_note, folder, done)
        log.info("a damaged database was brought over", folder=str(folder), rows=rows, lost=lost.rows())
        await self._show(StoreFault("damaged", rows_restored(folder, note.why, rows, lost.rows())), Severity.LOW)

    async def _write(self, unit: Callable[[sqlite3.Connection], int]) -> int:
        """Once there is room, however long that takes; live signals go between."""
        while True:
            await asyncio.sleep(PAUSE_S)
            usage = shutil.disk_usage(self._store.folder)
            if usage.free > usage.total * SPARE:
                try:
                    return await self._store.write(unit)
                except NotRecorded as error:
                    log.error("old rows can't be written", why=str(error))
            await asyncio.sleep(AGAIN_S)

    async def _check_small(self) -> None:
        while True:
            await asyncio.sleep(SMALL_S)
            if not await asyncio.to_thread(self._store.is_in_place):
                await self._store.report_damage(self._store.generation, "its file was removed or exchanged")
            if await self._find(integrity.check_small_tables):
                await self._save_registers()

    async def _save_registers(self) -> None:
        try:
            await self._store.inspect(lambda connection: register_copy.save(connection, self._store.folder))
        except (sqlite3.Error, OSError) as error:
            log.warning("there is no second copy of accounts and registers", why=str(error))

    async def _check_whole(self) -> None:
        await asyncio.sleep(FIRST_WHOLE_S)
        while True:
            await self._find(integrity.check_pages)
            await asyncio.sleep(WHOLE_S)

    async def _find(self, look: Callable[[sqlite3.Connection], str | None]) -> bool:
        """Have a damaged database replaced; whether it is whole."""
        generation = self._store.generation
        try:
            fault = await self._store.inspect(look)
        except sqlite3.Error as error:
            if not is_damage(error):
                log.warning("the database could not be checked", why=str(error))
                return False
            fault = str(error)
        if fault is not None:
            await self._store.report_damage(generation, fault)
        return fault is None
