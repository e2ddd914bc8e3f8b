"""The store's interface: `write` runs a unit of work and returns once it is on disk, `read` runs a query."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

from gateway.errors import NotRecorded
from gateway.store.connection import Damaged, is_damage, is_disk_error
from gateway.store.database import Database
from gateway.store.faults import StoreFault
from gateway.store.media import PictureFiles
from gateway.store.salvage import damaged_folder
from gateway.store.sealed import sealed_in
from gateway.store.vault import Vault
from gateway.store.writer import Writer

T = TypeVar("T")
_READERS = 2
"""Threads: a slow query (a long list) must not block all others."""


class _Damaged(Exception):
    """A reader found a damaged page in the database of this generation."""

    def __init__(self, generation: int, error: Exception) -> None:
        super().__init__(str(error))
        self.generation = generation
        self.error = error


class Store:
    """Use `Store.open(folder)`. The folder holds `anju.db`, `media/` and `keys/`."""

    def __init__(self, database: Database, writer: Writer, media: PictureFiles, vault: Vault) -> None:
        self.path = database.path
        self.media = media
        self.vault = vault
        self.writer = writer
        self.faults: asyncio.Queue[StoreFault] = asyncio.Queue()
        """Faults of the data folder as they are found; the store monitor raises alerts of them."""
        self._database = database
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="anju-reader")
        self._thread_local = threading.local()
        self._connections: list[sqlite3.Connection] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, *, group: int = 1000, repair: bool = False) -> AsyncIterator[Store]:
        """`group`: the maximum number of units in a commit (1 commits each alone, for comparison).

        `repair`, for the gateway alone: a damaged database is replaced, and when nothing can be written the store
        opens all the same and reads a copy in memory. Without `repair` both raise StoreUnusable.
        """
        loop, early, opened = asyncio.get_running_loop(), list[StoreFault](), list[Store]()

        def on_fault(fault: StoreFault) -> None:
            loop.call_soon_threadsafe(lambda: opened[0].faults.put_nowait(fault) if opened else early.append(fault))

        # Faults are found in threads, some before the store exists: collect those until it does.
        database = Database(folder, on_fault, repair=repair)
        connection = await asyncio.to_thread(database.open)
        vault = await asyncio.to_thread(_vault, database)
        if vault.fault is not None:
            early.append(StoreFault("keys", vault.fault))
        store = cls(database, Writer(database, connection, group), PictureFiles(folder / "media"), vault)
        opened.append(store)
        await asyncio.sleep(0)  # callbacks of the threads above are still queued in the loop: let them run
        for fault in early:
            store.faults.put_nowait(fault)
        store.writer.start()
        try:
            yield store
        finally:
            await asyncio.to_thread(store._close)

    async def write(self, unit: Callable[[sqlite3.Connection], T], *, urgent: bool = False) -> T:
        """Run the unit in the writer's transaction; returns once it is committed and synced.

        Raises NotRecorded when the disk fails. Cancelling does not undo it.
        """
        # The shield keeps the writer's future alive: a cancelled caller must not cancel a unit that is being written.
        return await asyncio.shield(self.writer.submit(unit, urgent=urgent))

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run the query on a read-only connection in a reader thread.

        A damaged database is replaced and the query runs once more. Raises NotRecorded when the disk fails, or when
        the damaged database could not be replaced.
        """
        run = asyncio.get_running_loop().run_in_executor
        try:
            return await run(self._readers, self._query, query)
        except _Damaged as damage:
            await self.writer.report_damage(damage.generation, damage.error)
            if damage.generation == self._database.generation:  # it could not be replaced
                advice = self._database.advice(damage.error)
                raise NotRecorded(f"the record can't be read: {damage}{advice}") from damage
        try:
            return await run(self._readers, self._query, query)
        except _Damaged as damage:
            raise NotRecorded(f"the record can't be read: {damage}") from damage

    async def inspect(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run the query on a new connection, which has no cached pages. Raises sqlite3.Error or OSError."""

        def run() -> T:
            with closing(self._database.reader()) as connection:
                return query(connection)

        return await asyncio.to_thread(run)

    async def report_damage(self, generation: int, fault: str) -> None:
        """Report a fault that a check found in the database of that generation: the writer replaces it if it can."""
        await self.writer.report_damage(generation, Damaged(fault))

    @property
    def generation(self) -> int:
        """A number that changes when another file has replaced the database."""
        return self._database.generation

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self._database.folder

    def is_in_place(self) -> bool:
        """Whether the open files are still those at the paths, so that a restart would find the rows. Blocks."""
        return self._database.is_in_place()

    def is_whole(self) -> bool:
        """Whether all rows of damaged databases have been copied. Nothing may be purged before that. Blocks."""
        return not self._database.write_fault and not damaged_folder.unfinished(self.folder)

    def _query(self, query: Callable[[sqlite3.Connection], T]) -> T:
        generation = self._database.generation
        try:
            return query(self._reader(generation))
        except Exception as error:
            if is_damage(error):
                raise _Damaged(generation, error) from error
            if is_disk_error(error):
                raise NotRecorded(f"the record can't be read: {error}") from error
            raise

    def _reader(self, generation: int) -> sqlite3.Connection:
        connection, opened_at = getattr(self._thread_local, "connection", (None, -1))
        if connection is not None and opened_at == generation:
            return connection  # type: ignore[no-any-return]  # thread-local
        if connection is not None:  # of a database that has been replaced since
            connection.close()
            self._connections.remove(connection)
        connection = self._database.reader()
        self._connections.append(connection)
        self._thread_local.connection = connection, generation
        return connection

    def _close(self) -> None:
        """Close the readers first: the writer's last checkpoint truncates the WAL, which a reader would prevent."""
        self._readers.shutdown()
        for connection in self._connections:
            connection.close()
        self.writer.stop()
        self.writer.join()


def _vault(database: Database) -> Vault:
    if database.write_fault:
        return Vault(database.folder, None)
    try:
        with closing(database.reader()) as connection:
            return Vault(database.folder, sealed_in(connection))
    except sqlite3.Error:  # it is unknown whether anything is encrypted, so no key may be created
        return Vault(database.folder, None)
