"""The database of a data folder: opened, checked, and replaced by a fresh one when it is damaged.

Every method blocks. Commands open it as it is or say what is wrong (`mends` false). The gateway must run whatever the
disk holds: a damaged file is set aside and what can be read of it saved; where nothing can be written it reads a copy
in memory, and alarms show from memory.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

from gateway.model import Words
from gateway.store import register_copy, startup_checks, watermark
from gateway.store.connection import Damaged, connect, is_damage
from gateway.store.faults import StoreUnusable, Trouble, damaged_again, what_is_wrong
from gateway.store.liveness import gateway_lives
from gateway.store.migrations import migrate
from gateway.store.salvage import damaged_folder
from gateway.store.salvage.begin import NUMBERED, begin
from gateway.store.salvage.renewal import copy_over, mend_wal, salvage, wal_is_damaged, wal_of
from gateway.store.salvage.rows import Lost
from gateway.store.salvage.source import ends_in, reading

log = structlog.get_logger(__name__)
RENEWALS, IN_S = 3, 3600.0
"""Databases made anew at most in that time: a machine that spoils every file is not helped by the next."""
AGAIN_S = 30.0
"""After one that could not be made, such as on a full disk."""
Tell = Callable[[Trouble], None]


class Database:
    """`generation` changes when another file has taken the place of the one that was open."""

    def __init__(self, folder: Path, tell: Tell, *, mends: bool = False) -> None:
        self.folder = folder
        self.path = folder / damaged_folder.DATABASE
        self.generation = 0
        self.mark = watermark.Watermark(folder)
        self.why = ""
        """Why nothing can be written; empty when it can."""
        self._tell = tell
        self._mends = mends
        self._renewed: deque[float] = deque(maxlen=RENEWALS)
        self._not_before = 0.0
        self._given_up = -1
        self._stand_in: sqlite3.Connection | None = None
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
        if not self._mends or not self._may_renew(error):
            return None
        log.error("the database is damaged; a fresh one takes its place", why=str(error))
        try:
            here = old is None or self.is_in_place()
            told = salvage(self.path, str(error)) if old is None or here else copy_over(self.path, old, str(error))
            if old is not None:
                old.close()  # after its file has moved: only then it leaves file and WAL as they are
            connection = self._connected()
        except (sqlite3.Error, OSError) as trouble:
            log.exception("no fresh database can be made")
            self._not_before = time.monotonic() + AGAIN_S
            self._tell(Trouble("unwritable", what_is_wrong(self.path, trouble)))
            return None
        self._renewed.append(time.monotonic())
        self.generation += 1
        self._tell(told)  # now: whoever hears of it writes into the fresh one what they hold
        return connection

    def save_registers(self, connection: sqlite3.Connection) -> None:
        """Keep the second copy of accounts and registers up to date; without it nothing else fails."""
        try:
            register_copy.save(connection, self.folder)
        except (sqlite3.Error, OSError) as error:
            log.warning("there is no second copy of accounts and registers", why=str(error))

    def advice(self, error: BaseException) -> str:
        """What a command says after an error of the file; the gateway helps itself."""
        return "" if self._mends or not is_damage(error) else f": {what_is_wrong(self.path, error)}"

    def _opened(self) -> sqlite3.Connection:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._mends:
            damaged_folder.gather(self.folder)
        if wal_is_damaged(self.path):
            self._mend_wal()
        mark = watermark.read(self.folder)
        startup_checks.check_there(self.path, mark)
        connection = self._connected()
        if not self._mends:
            return connection
        try:
            missing = startup_checks.examine(connection, self.path, mark)
            if missing is not None:
                self._tell(missing)
            self.save_registers(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _mend_wal(self) -> None:
        """A command leaves it to the gateway: opened and closed, SQLite would delete what is behind the damage.

        Where a gateway runs, its WAL is read while it is written, and may look damaged.
        """
        if self._mends:
            log.error("the WAL was damaged; it is mended and the old one kept", file=str(wal_of(self.path)))
            self._tell(mend_wal(self.path))
        elif not gateway_lives(self.folder):
            raise Damaged("its WAL is damaged: as it is, rows would be lost")

    def _connected(self) -> sqlite3.Connection:
        connection = startup_checks.open_writable(self.path)
        self._places = [(path, _inode(path)) for path in (self.path, wal_of(self.path))]
        return connection

    def _may_renew(self, error: BaseException) -> bool:
        now = time.monotonic()
        if now < self._not_before:
            return False
        if len(self._renewed) < RENEWALS or now - self._renewed[0] >= IN_S:
            return True
        if self._given_up != self.generation:
            self._given_up = self.generation
            log.error("the database is damaged again and stays as it is", why=str(error))
            self._tell(Trouble("again", damaged_again(self.path, str(error))))
        return False

    @property
    def _memory(self) -> str:
        return f"file:anju-{id(self)}?mode=memory&cache=shared"

    def _stand_by(self, error: BaseException) -> None:
        """Read a copy in memory of what can be read; nothing can be written."""
        self.why = str(error)
        words = what_is_wrong(self.path, error)
        log.error("nothing can be written; alarms show from memory", why=words.en)
        self._tell(Trouble("unwritable", words))
        memory = self._stand_in = sqlite3.connect(self._memory, uri=True, isolation_level=None, check_same_thread=False)
        migrate(memory)
        there = self.path if self.path.is_file() else self.folder / "none"
        roots, mark = register_copy.roots(self.folder), watermark.read(self.folder)
        with (
            suppress(OSError, sqlite3.Error),
            tempfile.TemporaryDirectory(prefix="anju-") as work,
            reading(there, roots, Path(work)) as source,
        ):
            begin(source, memory, self.folder, ends_in(source, mark, NUMBERED), Lost())


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0
