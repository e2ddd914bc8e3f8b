"""Rebuilds the first page of a database, which says where each table begins.

With many tables the list fills several pages: those after the first are put behind the database's own.
The format is at https://www.sqlite.org/fileformat2.html. A copy of the damaged file gets the new page and is read;
the file itself stays as it is.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

PAGE = 4096
"""Bytes of a page: SQLite's default since 2016, which no database of ours changes."""
_BTREE = 100
"""Where the first page's b-tree begins, behind the header of the file."""
_INTERIOR = 5
"""The type of a page that holds numbers of other pages. Two levels are enough for hundreds of tables."""


class TableRoot(NamedTuple):
    """A table's first page, and the shortest CREATE TABLE that makes its columns readable."""

    name: str
    page: int
    sql: str


def table_roots(connection: sqlite3.Connection) -> list[TableRoot]:
    """The roots of all tables that have row numbers. Raises sqlite3.Error."""
    names = connection.execute(
        "SELECT name, rootpage FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
        " AND upper(sql) NOT LIKE '%WITHOUT ROWID%' ORDER BY name"
    ).fetchall()
    return [TableRoot(name, page, _shortest(connection, name)) for name, page in names]


def _shortest(connection: sqlite3.Connection, table: str) -> str:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    keys = [column for column in columns if column[5]]
    is_number = len(keys) == 1 and keys[0][2].upper() == "INTEGER"
    # The value of an INTEGER PRIMARY KEY is the rowid, and the record holds NULL for it: that is what it would read as.
    definitions = (f"{c[1]} INTEGER PRIMARY KEY" if is_number and c[5] else str(c[1]) for c in columns)
    return f"CREATE TABLE {table}({','.join(definitions)})"


def copy_with_first_page(damaged: Path, to: Path, roots: Sequence[TableRoot], pages: int) -> None:
    """Copy a database and its WAL to `to`, with a new first page and at least `pages` pages. Raises OSError."""
    if damaged.exists():
        shutil.copyfile(damaged, to)
    else:
        to.touch()
    wal = damaged.with_name(f"{damaged.name}-wal")
    if wal.exists():
        shutil.copyfile(wal, to.with_name(f"{to.name}-wal"))
    # The last pages may still be in the WAL only: SQLite reads no page beyond the size of the file.
    size = max(-(-to.stat().st_size // PAGE), pages, *(root.page for root in roots), 1)
    first, *more = _schema_pages(roots, size)
    with to.open("r+b") as file:
        file.truncate(size * PAGE)
        file.write(first)
        file.seek(size * PAGE)
        file.writelines(more)


def _schema_pages(roots: Sequence[TableRoot], pages: int) -> list[bytes]:
    """The list of tables as SQLite writes it: the first page, and those that stand behind `pages` others."""
    with tempfile.NamedTemporaryFile(suffix=".db") as file:
        with closing(sqlite3.connect(file.name, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA page_size = {PAGE}")
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("CREATE TABLE made (it)")  # makes SQLite write a page at all
            connection.execute("DELETE FROM sqlite_master")
            connection.executemany(
                "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES ('table', ?, ?, ?, ?)",
                [(root.name, root.name, root.page, root.sql) for root in roots],
            )
        made = Path(file.name).read_bytes()
    page, more = bytearray(made[:PAGE]), [made[at : at + PAGE] for at in range(PAGE, len(made), PAGE)]
    if page[_BTREE] == _INTERIOR:
        _move_children(page, pages - 1)
    else:
        more = []  # what SQLite has left free
    page[18:20] = b"\2\2"  # journal mode WAL, for writing and for reading
    page[28:32] = (pages + len(more)).to_bytes(4, "big")
    page[32:40] = bytes(8)  # no free list: its pages may hold rows
    page[92:96] = page[24:28]  # "version-valid-for" equals the change counter: else the page count is ignored
    return [bytes(page), *more]


def _move_children(page: bytearray, by: int) -> None:
    """Add `by` to the page numbers of an interior page: those of its cells, and the last one in its header."""
    cells = int.from_bytes(page[_BTREE + 3 : _BTREE + 5], "big")
    array = _BTREE + 12
    pointers = [int.from_bytes(page[at : at + 2], "big") for at in range(array, array + 2 * cells, 2)]
    for at in (_BTREE + 8, *pointers):
        child = int.from_bytes(page[at : at + 4], "big")
        page[at : at + 4] = (child + by).to_bytes(4, "big")
