"""The database of a data folder: opened, checked, and replaced by a fresh one when it is damaged.

Every method blocks. Commands open it as it is or say what is wrong (`mends` false). The gateway must run whatever the
disk holds: a damaged file is set aside and what can be read of it saved; where nothing can be written it reads a copy
in memory, and alarms show from memory.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog

from gateway.model import Words
from gateway.store import check, registers, wal, watermark
from gateway.store.connection import Damaged, connect, is_damage
from gateway.store.live import gateway_lives
from gateway.store.migrations import migrate
from gateway.store.salvage import aside
from gateway.store.salvage.begin import NUMBERED, begin
from gateway.store.salvage.rows import Lost
from gateway.store.salvage.source import ends_in, reading
from gateway.store.trouble import StoreUnusable, Trouble, damaged_again, lost_rows, set_aside, wal_mended, what_is_wrong

log = structlog.get_logger(__name__)
CHECK_WHOLE = 512 * 1024 * 1024
"""Bytes up to which every page is checked before the gateway serves (about 2 s); beyond it soon after."""
WALK_WAL = 256 * 1024 * 1024
"""Bytes of a WAL that are looked through at the start (6 s); usual are 4 MB."""
RENEWALS, IN_S = 3, 3600.0
"""Databases made anew at most in that time: a machine that spoils every file is not helped by the next."""
Tell = Callable[[Trouble], None]


class Database:
    """`generation` changes when another file has taken the place of the one that was open."""

    def __init__(self, folder: Path, tell: Tell, *, mends: bool = False) -> None:
        self.folder = folder
        self.path = folder / aside.DATABASE
        self.generation = 0
        self.mark = watermark.Watermark(folder)
        self.why = ""
        """Why nothing can be written; empty when it can."""
        self._tell = tell
        self._mends = mends
        self._renewed: deque[float] = deque(maxlen=RENEWALS)
        self._stand_in: sqlite3.Connection | None = None
        self._given_up = -1
        self._places: list[tuple[Path, int]] = []

    def open(self) -> sqlite3.Connection | None:
        """The connection to write by; None where nothing can be written.

        Raises StoreUnusable where it does not mend.
        """
        try:
            return self._opened()
        except (sqlite3.Error, OSError) as error:
            if not self._mends:
                raise StoreUnusable(str(what_is_wrong(self.path, error))) from error
            if is_damage(error) and (connection := self.renew(None, error)) is not None:
                return connection
            self._stand_by(error)
            return None

    def reopen(self) -> sqlite3.Connection | None:
        """Try again what `open` could not do."""
        try:
            connection = self._opened()
        except (sqlite3.Error, OSError) as error:
            renewed = self.renew(None, error) if is_damage(error) else None
            if renewed is None:
                self.why = str(error)
                return None
            connection = renewed
        self.why = ""
        self.generation += 1
        if self._stand_in is not None:
            self._stand_in.close()
        self._tell(Trouble("unwritable", Words("数据库恢复写入", "the database can be written again"), over=True))
        return connection

    def reader(self) -> sqlite3.Connection:
        """A connection that only reads. Raises sqlite3.Error."""
        if self.why:
            connection = sqlite3.connect(self._memory, uri=True, check_same_thread=False)
        else:
            connection = connect(self.path, make=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA query_only = ON")
        return connection

    def is_in_place(self) -> bool:
        """Whether the files that are written are those that a restart would find."""
        return bool(self.why) or all(_inode(path) == inode for path, inode in self._places)

    def renew(self, old: sqlite3.Connection | None, error: BaseException) -> sqlite3.Connection | None:
        """A fresh database in place of the damaged one, which is set aside; None where that can't be done.

        `old`, the connection to the damaged one, is closed then.
        """
        now = time.monotonic()
        full = len(self._renewed) == RENEWALS and now - self._renewed[0] < IN_S
        if not self._mends:
            return None
        if full:
            if self._given_up != self.generation:
                self._given_up = self.generation
                log.error("the database is damaged again and stays as it is", why=str(error))
                self._tell(Trouble("again", damaged_again(self.path, str(error))))
            return None
        log.error("the database is damaged; a fresh one takes its place", why=str(error))
        try:
            in_place = old is None or self.is_in_place()
            self._made_fresh(str(error)) if in_place or old is None else self._moved_over(old, str(error))
            if old is not None:
                old.close()  # after its file has moved: only then it leaves file and WAL as they are
            connection = self._connected()
        except (sqlite3.Error, OSError) as trouble:
            log.exception("no fresh database can be made")
            self._tell(Trouble("unwritable", what_is_wrong(self.path, trouble)))
            return None
        self._renewed.append(now)
        self.generation += 1
        return connection

    def save_registers(self, connection: sqlite3.Connection) -> None:
        """Keep the second copy of accounts and registers up to date; without it nothing else fails."""
        try:
            registers.save(connection, self.folder)
        except (sqlite3.Error, OSError) as error:
            log.warning("there is no second copy of accounts and registers", why=str(error))

    def advice(self, error: BaseException) -> str:
        """What a command says after an error of the file; the gateway helps itself."""
        return "" if self._mends or not is_damage(error) else f": {what_is_wrong(self.path, error)}"

    @property
    def _memory(self) -> str:
        return f"file:anju-{id(self)}?mode=memory&cache=shared"

    def _opened(self) -> sqlite3.Connection:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._mends:
            aside.gather(self.folder)
            self._mend_wal()
        elif self._wal_is_damaged() and not gateway_lives(self.folder):
            raise Damaged("its WAL is damaged: as it is, rows would be lost")
        mark = watermark.read(self.folder)
        if not _size(self.path) and (mark or _size(self._wal) or (self.folder / registers.NAME).exists()):
            raise Damaged("the file is gone or empty, and something was in it")
        connection = self._connected()
        try:
            if self._mends:
                self._check(connection, mark)
                self.save_registers(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self) -> sqlite3.Connection:
        connection = connect(self.path)
        try:
            migrate(connection)
            _check_writable(connection, self.path)
        except BaseException:
            connection.close()
            raise
        self._places = [(path, _inode(path)) for path in (self.path, self._wal)]
        return connection

    def _check(self, connection: sqlite3.Connection, mark: Mapping[str, int]) -> None:
        """Raises a sqlite3.Error that says damage."""
        fault = check.small(connection)
        if fault is None and _size(self.path) <= CHECK_WHOLE:
            fault = check.whole(connection)
        ends = watermark.ends_of(connection)
        missing = {table: number - ends.get(table, 0) for table, number in mark.items() if number > ends.get(table, 0)}
        if fault is None and missing:
            fault = check.consistent(connection)
        if missing:
            log.error("rows that were committed are gone", rows=missing)
            self._tell(Trouble("lost", lost_rows(missing)))
        if fault is not None:
            raise Damaged(fault)
        for table in missing:  # no number is given twice
            connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, mark[table]))

    @property
    def _wal(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    def _wal_is_damaged(self) -> bool:
        size = _size(self._wal)
        return 0 < size <= WALK_WAL and wal.walk(self._wal).damaged

    def _mend_wal(self) -> None:
        if not self._wal_is_damaged():
            return
        folder = aside.new_folder(self.folder, datetime.now(UTC))
        aside.write_note(folder, aside.Note("its WAL was damaged", {}, done=True))
        mended, kept = self._wal.with_name(f"{self._wal.name}.mended"), folder / self._wal.name
        wal.mend(self._wal, mended)
        os.link(self._wal, kept)
        mended.replace(self._wal)
        self.path.with_name(f"{self.path.name}-shm").unlink(missing_ok=True)  # an index of the WAL as it was
        log.error("the WAL was damaged and is mended; the old one is kept", kept=str(kept))
        self._tell(Trouble("wal", wal_mended(folder)))

    def _made_fresh(self, why: str) -> None:
        new, lost = self.folder / f"{aside.DATABASE}-new", Lost()
        _remove(new)
        with reading(self._damaged(), registers.roots(self.folder), self.folder) as source:
            ends = ends_in(source, watermark.read(self.folder), NUMBERED)
            self._fill(new, lambda fresh: begin(source, fresh, self.folder, ends, lost))
        folder = self._set_aside(why, ends, lost)
        new.replace(self.path)
        aside.sync(self.folder)
        self._tell(Trouble("damaged", set_aside(folder or self.folder, why, lost.rows())))

    def _damaged(self) -> Path:
        """The file, or where a start that was cut off has moved it."""
        if self.path.exists() or self._wal.exists():
            return self.path
        moved = [folder / aside.DATABASE for folder in aside.unfinished(self.folder)]
        return moved[-1] if moved else self.path

    def _moved_over(self, old: sqlite3.Connection, why: str) -> None:
        """Its file was removed or exchanged under us: all of it is still to be read by the connection that has it."""
        new = self.folder / f"{aside.DATABASE}-new"
        _remove(new)
        self._fill(new, old.backup)
        folder = self._set_aside(why, {}, Lost())
        new.replace(self.path)
        aside.sync(self.folder)
        self._tell(Trouble("damaged", set_aside(folder or self.folder, why, {})))

    def _fill(self, new: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        fresh = connect(new)
        try:
            fresh.execute("PRAGMA synchronous = OFF")
            migrate(fresh)
            fill(fresh)
            fresh.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            fresh.close()
        with new.open("rb") as file:
            os.fsync(file.fileno())

    def _set_aside(self, why: str, ends: Mapping[str, int], lost: Lost) -> Path | None:
        if not self.path.exists() and not self._wal.exists():
            return None
        folder = aside.new_folder(self.folder, datetime.now(UTC))
        aside.write_note(folder, aside.Note(why, ends, lost.rows(), done=not ends))
        aside.move(self.folder, folder)
        return folder

    def _stand_by(self, error: BaseException) -> None:
        """Read a copy in memory of what can be read; nothing can be written."""
        self.why = str(error)
        words = what_is_wrong(self.path, error)
        log.error("nothing can be written; alarms show from memory", why=words.en)
        self._tell(Trouble("unwritable", words))
        memory = self._stand_in = sqlite3.connect(self._memory, uri=True, isolation_level=None, check_same_thread=False)
        migrate(memory)
        source_of = self.path if self.path.is_file() else self.folder / "none"
        with suppress(OSError, sqlite3.Error), reading(source_of, [], self.folder) as source:
            begin(source, memory, self.folder, ends_in(source, watermark.read(self.folder), NUMBERED), Lost())


def _check_writable(connection: sqlite3.Connection, path: Path) -> None:
    """Raises sqlite3.Error or OSError: SQLite itself opens what can only be read, and says so at the first write."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")
    with suppress(PermissionError):  # another user's, in a folder of a group that may write
        path.chmod(0o600)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS), str(path))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)
