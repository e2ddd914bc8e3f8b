"""The store: `write` a unit and it is on disk when that returns, `read` a query beside it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from gateway.errors import NotRecorded
from gateway.store.media import Media
from gateway.store.migrations import migrate
from gateway.store.vault import Vault
from gateway.store.writer import Writer, is_the_disks

T = TypeVar("T")
_BUSY_MS = 5000  # a command such as `anju users add` may hold the file for a moment
_READERS = 2


class Store:
    """Opened by `Store.open(folder)`: `anju.db`, `media/` and `keys/` below it."""

    def __init__(self, path: Path, writer: Writer, readers: ThreadPoolExecutor, media: Media, vault: Vault) -> None:
        self.path = path
        self.media = media
        self.vault = vault
        self.writer = writer
        self._readers = readers
        self._of_thread = threading.local()

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, *, group: int = 1000) -> AsyncIterator[Store]:
        """`group`: how many units share a commit at most (1 commits each alone, for comparison)."""
        path = folder / "anju.db"
        await asyncio.to_thread(_prepare, folder, path)
        vault = await asyncio.to_thread(Vault, folder)
        writer = Writer(await asyncio.to_thread(connect, path), group)
        readers = ThreadPoolExecutor(_READERS, thread_name_prefix="anju-reader")
        writer.start()
        try:
            yield cls(path, writer, readers, Media(folder / "media"), vault)
        finally:
            writer.stop()
            await asyncio.to_thread(writer.join)
            readers.shutdown()

    async def write(self, unit: Callable[[sqlite3.Connection], T], *, urgent: bool = False) -> T:
        """Run the unit in the writer's transaction; returns once it is committed and synced.

        Raises NotRecorded when the disk would not take it. Cancelling does not undo it.
        """
        return await asyncio.shield(self.writer.submit(unit, urgent=urgent))

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run the query on a read-only connection in a reader's thread.

        Raises NotRecorded when the disk gives nothing, or what it was not given.
        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._ask, query)

    def _ask(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return query(self._reader())
        except Exception as error:
            if is_the_disks(error):
                raise NotRecorded(f"the record can't be read: {error}") from error
            raise

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = connect(self.path)
            connection.execute("PRAGMA query_only = ON")
        return connection


def connect(path: Path) -> sqlite3.Connection:
    """A connection that commits only when told, and then through fdatasync."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _prepare(folder: Path, path: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = connect(path)
    try:
        migrate(connection)
    finally:
        connection.close()
    path.chmod(0o600)
