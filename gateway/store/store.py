"""The store: `write` a unit and it is on disk when that returns, `read` a query beside it."""

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
from gateway.store.connection import Damaged, is_damage, is_the_disks
from gateway.store.database import Database
from gateway.store.faults import Trouble
from gateway.store.media import Media
from gateway.store.salvage import damaged_folder
from gateway.store.sealed import sealed_in
from gateway.store.vault import Vault
from gateway.store.writer import Writer

T = TypeVar("T")
_READERS = 2


class _Damaged(Exception):
    """A reader met a damaged page, in the database of this generation."""

    def __init__(self, generation: int, error: Exception) -> None:
        super().__init__(str(error))
        self.generation = generation
        self.error = error


class Store:
    """Opened by `Store.open(folder)`: `anju.db`, `media/` and `keys/` below it."""

    def __init__(self, database: Database, writer: Writer, media: Media, vault: Vault) -> None:
        self.path = database.path
        self.media = media
        self.vault = vault
        self.writer = writer
        self.troubles: asyncio.Queue[Trouble] = asyncio.Queue()
        """What is wrong with the data folder, as it is found: for whoever tells people of it."""
        self._database = database
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="anju-reader")
        self._of_thread = threading.local()
        self._connections: list[sqlite3.Connection] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, *, group: int = 1000, mends: bool = False) -> AsyncIterator[Store]:
        """`group`: how many units share a commit at most (1 commits each alone, for comparison).

        `mends`, for the gateway alone: a damaged database is replaced, and where nothing can be written the store
        opens all the same, and refuses to write. Else raises StoreUnusable.
        """
        loop, early, opened = asyncio.get_running_loop(), list[Trouble](), list[Store]()

        def tell(trouble: Trouble) -> None:
            loop.call_soon_threadsafe(
                lambda: opened[0].troubles.put_nowait(trouble) if opened else early.append(trouble)
            )

        database = Database(folder, tell, mends=mends)
        connection = await asyncio.to_thread(database.open)
        vault = await asyncio.to_thread(_vault, database)
        if vault.trouble is not None:
            early.append(Trouble("keys", vault.trouble))
        store = cls(database, Writer(database, connection, group), Media(folder / "media"), vault)
        opened.append(store)
        await asyncio.sleep(0)
        for trouble in early:
            store.troubles.put_nowait(trouble)
        store.writer.start()
        try:
            yield store
        finally:
            await asyncio.to_thread(store._close)

    async def write(self, unit: Callable[[sqlite3.Connection], T], *, urgent: bool = False) -> T:
        """Run the unit in the writer's transaction; returns once it is committed and synced.

        Raises NotRecorded when the disk would not take it. Cancelling does not undo it.
        """
        return await asyncio.shield(self.writer.submit(unit, urgent=urgent))

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run the query on a read-only connection in a reader's thread.

        Raises NotRecorded when the disk gives nothing, or what it was not given and nothing could mend.
        """
        run = asyncio.get_running_loop().run_in_executor
        try:
            return await run(self._readers, self._ask, query)
        except _Damaged as damage:
            await self.writer.suspect(damage.generation, damage.error)
            if damage.generation == self._database.generation:
                advice = self._database.advice(damage.error)
                raise NotRecorded(f"the record can't be read: {damage}{advice}") from damage
        try:
            return await run(self._readers, self._ask, query)
        except _Damaged as damage:
            raise NotRecorded(f"the record can't be read: {damage}") from damage

    async def inspect(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Run it on a new connection, which sees what the disk has now. Raises sqlite3.Error or OSError."""

        def run() -> T:
            with closing(self._database.reader()) as connection:
                return look(connection)

        return await asyncio.to_thread(run)

    async def suspect(self, generation: int, fault: str) -> None:
        """A check has found this in the database of that generation: it is replaced, where that can be done."""
        await self.writer.suspect(generation, Damaged(fault))

    @property
    def generation(self) -> int:
        """Another one when another file has taken the place of the database."""
        return self._database.generation

    @property
    def folder(self) -> Path:
        return self._database.folder

    def is_in_place(self) -> bool:
        """Whether a restart would find what is written. Blocks."""
        return self._database.is_in_place()

    def is_whole(self) -> bool:
        """Whether every row there is has been brought over from damaged databases: else nothing may be purged."""
        return not self._database.why and not damaged_folder.unfinished(self.folder)

    def _ask(self, query: Callable[[sqlite3.Connection], T]) -> T:
        generation = self._database.generation
        try:
            return query(self._reader(generation))
        except Exception as error:
            if is_damage(error):
                raise _Damaged(generation, error) from error
            if is_the_disks(error):
                raise NotRecorded(f"the record can't be read: {error}") from error
            raise

    def _reader(self, generation: int) -> sqlite3.Connection:
        connection, of = getattr(self._of_thread, "connection", (None, -1))
        if connection is not None and of == generation:
            return connection  # type: ignore[no-any-return]  # thread-local
        if connection is not None:
            connection.close()
            self._connections.remove(connection)
        connection = self._database.reader()
        self._connections.append(connection)
        self._of_thread.connection = connection, generation
        return connection

    def _close(self) -> None:
        """Readers first: the writer merges the WAL, which nobody may be reading then."""
        self._readers.shutdown()
        for connection in self._connections:
            connection.close()
        self.writer.stop()
        self.writer.join()


def _vault(database: Database) -> Vault:
    if database.why:
        return Vault(database.folder, None)
    try:
        with closing(database.reader()) as connection:
            return Vault(database.folder, sealed_in(connection))
    except sqlite3.Error:
        return Vault(database.folder, None)
