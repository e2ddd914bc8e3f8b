"""Watches the database while the gateway runs: checks it, copies rows from damaged ones, and raises alerts."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import structlog

from gateway.app.system_alerts import SystemAlerts
from gateway.desk import Desk
from gateway.errors import NotRecorded
from gateway.model import Severity, Signal, Words
from gateway.store import Store, integrity, register_copy, watermark
from gateway.store.connection import is_damage
from gateway.store.faults import StoreFault, rows_restored
from gateway.store.salvage import damaged_folder, remaining_rows
from gateway.store.salvage.essential_rows import NUMBERED_TABLES
from gateway.store.salvage.rows import LostRows
from gateway.store.salvage.source import last_numbers, open_source

log = structlog.get_logger(__name__)
RULE = "storage"
TRANSIENT_FAULTS = ("unwritable", "keys")
"""Keys of faults that are over when the next start does not find them again."""
SMALL_CHECK_INTERVAL_S = 180.0
"""Between two checks of the small tables: 7 to 45 ms a table."""
FULL_CHECK_INTERVAL_S = 86400.0
"""Between two checks of every page; the first is a little after the start."""
FIRST_FULL_CHECK_S = 120.0
PAUSE_S = 0.02
"""Between two units of old rows, so that live ones are committed."""
RETRY_INTERVAL_S = 1.0
MIN_FREE_SHARE = 0.05
"""The share of the disk that old rows leave free for new ones."""
EmitSignal = Callable[[Signal], Awaitable[int]]


class StoreMonitor:
    """`emit` puts a signal through the intake and returns its number. `now` gives rule time."""

    def __init__(self, store: Store, desk: Desk, emit: EmitSignal, now: Callable[[], datetime]) -> None:
        self._store = store
        self._desk = desk
        self._alerts = SystemAlerts(RULE, "storage.failed", "storage.restored", desk, emit, now)
        self._generation = store.generation
        self._replaced = asyncio.Event()
        """Set when there may be a damaged database to copy rows from."""

    async def run(self) -> None:
        """Watch until cancelled."""
        await self._report_startup_faults()
        self._replaced.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._report_faults())
            tasks.create_task(self._copy_damaged_databases())
            tasks.create_task(self._check_small_tables())
            tasks.create_task(self._check_pages())

    async def _report_startup_faults(self) -> None:
        """Clear the alerts of the last run's transient faults that this start did not find, then raise its own."""
        faults = [self._store.faults.get_nowait() for _ in range(self._store.faults.qsize())]
        for key in self._alerts.held() & set(TRANSIENT_FAULTS) - {fault.key for fault in faults}:
            await self._show(StoreFault(key, Words("已恢复", "it works again"), over=True))
        for fault in faults:
            await self._show(fault)

    async def _report_faults(self) -> None:
        while True:
            fault = await self._store.faults.get()
            # A new database may lack alerts that are open: write them before anything else.
            while self._generation != self._store.generation:
                await self._restate()
            await self._show(fault)
            self._replaced.set()

    async def _restate(self) -> None:
        """Write the open alerts into the database that has replaced the old one."""
        generation = self._store.generation  # read before writing: it may be replaced once more meanwhile
        try:
            await self._desk.restate()
            self._generation = generation
        except NotRecorded as error:
            log.error("open alerts can't be written", why=str(error))
            await asyncio.sleep(RETRY_INTERVAL_S)

    async def _show(self, fault: StoreFault, severity: Severity = Severity.CRITICAL) -> None:
        if fault.over:
            await self._alerts.end(fault.key, fault.words)
        else:
            await self._alerts.begin(fault.key, severity, fault.words)

    async def _copy_damaged_databases(self) -> None:
        while True:
            await self._replaced.wait()
            self._replaced.clear()
            for folder in await asyncio.to_thread(damaged_folder.unfinished, self._store.folder):
                try:
                    await self._copy_from(folder)
                except (OSError, sqlite3.Error) as error:
                    log.error("a damaged database can't be read", folder=str(folder), why=str(error))

    async def _copy_from(self, folder: Path) -> None:
        """Copy the remaining rows of the damaged database in `folder`. Raises OSError or sqlite3.Error."""
        # One thread reads and closes the connection: when this is cancelled, the close waits for a running read.
        loop, stack = asyncio.get_running_loop(), ExitStack()
        reader = ThreadPoolExecutor(1, thread_name_prefix="anju-salvage")
        try:
            roots = await loop.run_in_executor(reader, register_copy.roots, self._store.folder)
            source = await loop.run_in_executor(
                reader, stack.enter_context, open_source(folder / damaged_folder.DATABASE, roots, folder)
            )
            await self._copy_rows(source, folder, reader)
        finally:
            reader.submit(stack.close)
            reader.shutdown(wait=False)

    async def _copy_rows(self, source: sqlite3.Connection, folder: Path, reader: ThreadPoolExecutor) -> None:
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
        log.info("rows of a damaged database were copied", folder=str(folder), rows=rows, lost=lost.rows())
        await self._show(StoreFault("damaged", rows_restored(folder, note.why, rows, lost.rows())), Severity.LOW)

    async def _write(self, unit: Callable[[sqlite3.Connection], int]) -> int:
        """Run the unit once there is enough free space, however long that takes."""
        while True:
            await asyncio.sleep(PAUSE_S)
            usage = shutil.disk_usage(self._store.folder)
            if usage.free > usage.total * MIN_FREE_SHARE:  # live signals need the space first
                try:
                    return await self._store.write(unit)
                except NotRecorded as error:
                    log.error("rows of a damaged database can't be written", why=str(error))
            await asyncio.sleep(RETRY_INTERVAL_S)

    async def _check_small_tables(self) -> None:
        while True:
            await asyncio.sleep(SMALL_CHECK_INTERVAL_S)
            if not await asyncio.to_thread(self._store.is_in_place):
                await self._store.report_damage(self._store.generation, "its file was removed or replaced")
            if await self._check(integrity.check_small_tables):
                await self._save_registers()

    async def _save_registers(self) -> None:
        try:
            await self._store.inspect(lambda connection: register_copy.save(connection, self._store.folder))
        except (sqlite3.Error, OSError) as error:
            log.warning("the copy of accounts and registers could not be written", why=str(error))

    async def _check_pages(self) -> None:
        await asyncio.sleep(FIRST_FULL_CHECK_S)
        while True:
            await self._check(integrity.check_pages)
            await asyncio.sleep(FULL_CHECK_INTERVAL_S)

    async def _check(self, check: Callable[[sqlite3.Connection], str | None]) -> bool:
        """Run the check and report damage to the store; whether the database is undamaged."""
        generation = self._store.generation
        try:
            fault = await self._store.inspect(check)
        except sqlite3.Error as error:
            if not is_damage(error):
                log.warning("the database could not be checked", why=str(error))
                return False
            fault = str(error)
        if fault is not None:
            await self._store.report_damage(generation, fault)
        return fault is None
