"""Opens and checks the database of a data folder, and replaces it by a new one when it is damaged.

Every method blocks. Commands open the database as it is or fail (`repair` false). The gateway must run whatever is on
the disk: a damaged file is moved away and its readable rows are copied; when nothing can be written, the gateway reads
a copy in memory and shows alarms from memory.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import structlog

from gateway.model import Words
from gateway.store import register_copy, startup_checks, watermark
from gateway.store.connection import Damaged, connect, is_damage
from gateway.store.control_socket import is_gateway_running
from gateway.store.faults import StoreFault, StoreUnusable, damaged_again, what_is_wrong
from gateway.store.memory_copy import copy_to_memory
from gateway.store.salvage import damaged_folder
from gateway.store.salvage.replacement import repair_wal, replace_damaged, replace_missing, wal_is_damaged, wal_path

log = structlog.get_logger(__name__)
MAX_REPLACEMENTS, REPLACEMENT_PERIOD_S = 3, 3600.0
"""Replacements allowed in this many seconds: a machine that damages every file is not helped by another."""
RETRY_AFTER_S = 30.0
"""Pause after a replacement that failed, e.g. on a full disk."""
FaultCallback = Callable[[StoreFault], None]


class Database:
    """`generation` changes when another file has replaced the one that was open."""

    def __init__(self, folder: Path, on_fault: FaultCallback, *, repair: bool = False) -> None:
        self.folder = folder
        self.path = folder / damaged_folder.DATABASE
        self.generation = 0
        self.watermark = watermark.Watermark(folder)
        self.write_fault = ""
        """Why nothing can be written; empty when it can."""
        self._on_fault = on_fault
        self._repair = repair
        self._replaced_at: deque[float] = deque(maxlen=MAX_REPLACEMENTS)
        self._not_before = 0.0  # monotonic time
        self._given_up_generation = -1
        self._memory: sqlite3.Connection | None = None
        self._inodes: list[tuple[Path, int]] = []

    def open(self) -> sqlite3.Connection | None:
        """Open the writing connection; None when nothing can be written.

        Without `repair` raises StoreUnusable instead.
        """
        try:
            return self._opened()
        except (sqlite3.Error, OSError) as error:
            if not self._repair:
                raise StoreUnusable(str(what_is_wrong(self.path, error))) from error
            if is_damage(error) and (connection := self.replace(None, error)) is not None:
                return connection
            self._open_in_memory(error)
            return None

    def reopen(self) -> sqlite3.Connection | None:
        """Try again to open the writing connection after `open` returned None."""
        try:
            connection = self._opened()
        except (sqlite3.Error, OSError) as error:
            replaced = self.replace(None, error) if is_damage(error) else None
            if replaced is None:
                self.write_fault = str(error)
                return None
            connection = replaced
        self.write_fault = ""
        self.generation += 1
        if self._memory is not None:
            self._memory.close()
        self._on_fault(
            StoreFault("unwritable", Words("数据库恢复写入", "the database can be written again"), over=True)
        )
        return connection

    def reader(self) -> sqlite3.Connection:
        """Open a read-only connection, to the copy in memory when nothing can be written. Raises sqlite3.Error."""
        if self.write_fault:
            connection = sqlite3.connect(self._memory_uri, uri=True, check_same_thread=False)
        else:
            connection = connect(self.path, make=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA query_only = ON")
        return connection

    def is_in_place(self) -> bool:
        """Whether the files being written are still those at the paths, which a restart would find."""
        return bool(self.write_fault) or all(_inode(path) == inode for path, inode in self._inodes)

    def replace(self, old: sqlite3.Connection | None, error: BaseException) -> sqlite3.Connection | None:
        """Move the damaged database away and open a new one in its place; None when that fails or is not allowed.

        `old` is the connection to the damaged one. It is closed on success.
        """
        if not self._repair or not self._may_replace(error):
            return None
        log.error("the database is damaged and is replaced", why=str(error))
        try:
            if old is None or self.is_in_place():
                fault = replace_damaged(self.path, str(error))
            else:
                fault = replace_missing(self.path, old, str(error))
            if old is not None:
                old.close()  # only after the move: closing earlier would checkpoint and delete the WAL
            connection = self._connect()
        except (sqlite3.Error, OSError) as failure:
            log.exception("the damaged database could not be replaced")
            self._not_before = time.monotonic() + RETRY_AFTER_S
            self._on_fault(StoreFault("unwritable", what_is_wrong(self.path, failure)))
            return None
        self._replaced_at.append(time.monotonic())
        self.generation += 1
        # Not earlier: the receiver writes what it holds in memory into the new database.
        self._on_fault(fault)
        return connection

    def save_registers(self, connection: sqlite3.Connection) -> None:
        """Update the second copy of accounts and registers. A failure is logged, nothing depends on the copy."""
        try:
            register_copy.save(connection, self.folder)
        except (sqlite3.Error, OSError) as error:
            log.warning("the copy of accounts and registers could not be written", why=str(error))

    def advice(self, error: BaseException) -> str:
        """The fix for a damaged file, to append to a command's error text; empty for the gateway, which repairs it."""
        return "" if self._repair or not is_damage(error) else f": {what_is_wrong(self.path, error)}"

    def _opened(self) -> sqlite3.Connection:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._repair:
            damaged_folder.finish_move(self.folder)
        # Before any connection is opened: opening deletes the frames behind a damaged one.
        if wal_is_damaged(self.path):
            self._repair_wal()
        mark = watermark.read(self.folder)
        startup_checks.check_exists(self.path, mark)
        connection = self._connect()
        if not self._repair:
            return connection
        try:
            missing = startup_checks.check_content(connection, self.path, mark)
            if missing is not None:
                self._on_fault(missing)
            self.save_registers(connection)
        except BaseException:  # the caller may replace the file: nothing may have it open then
            connection.close()
            raise
        return connection

    def _repair_wal(self) -> None:
        """Repair the WAL; a command leaves that to the gateway and raises Damaged."""
        if self._repair:
            log.error("the WAL was damaged; it is repaired and the original kept", file=str(wal_path(self.path)))
            self._on_fault(repair_wal(self.path))
        elif not is_gateway_running(self.folder):  # a running gateway's WAL may look damaged while it is written
            raise Damaged("its WAL is damaged: as it is, rows would be lost")

    def _connect(self) -> sqlite3.Connection:
        connection = startup_checks.open_writable(self.path)
        self._inodes = [(path, _inode(path)) for path in (self.path, wal_path(self.path))]
        return connection

    def _may_replace(self, error: BaseException) -> bool:
        now = time.monotonic()
        if now < self._not_before:
            return False
        if len(self._replaced_at) < MAX_REPLACEMENTS or now - self._replaced_at[0] >= REPLACEMENT_PERIOD_S:
            return True
        if self._given_up_generation != self.generation:  # log and report it once
            self._given_up_generation = self.generation
            log.error("the database is damaged again and is not replaced any more", why=str(error))
            self._on_fault(StoreFault("again", damaged_again(self.path, str(error))))
        return False

    @property
    def _memory_uri(self) -> str:
        return f"file:anju-{id(self)}?mode=memory&cache=shared"

    def _open_in_memory(self, error: BaseException) -> None:
        """Copy the readable rows into a database in memory, for readers. Nothing can be written."""
        self.write_fault = str(error)
        words = what_is_wrong(self.path, error)
        log.error("nothing can be written; alarms are shown from memory", why=words.en)
        self._on_fault(StoreFault("unwritable", words))
        # A shared-cache database lives as long as one connection to it is open: this one is kept for that.
        self._memory = copy_to_memory(self._memory_uri, self.path)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0
