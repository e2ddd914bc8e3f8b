"""Rebuilds the first page of a database, which says where each table begins.

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


def copy_with_first_page(damaged: Path, to: Path, pages: int) -> None:
    """Copy a database and its WAL to `to`, with a first page that lists no tables and at least `pages` pages.

    Raises OSError. Once the WAL is in the copy, `put_schema` lists the tables.
    """
    if damaged.exists():
        shutil.copyfile(damaged, to)
    else:
        to.touch()
    wal = damaged.with_name(f"{damaged.name}-wal")
    if wal.exists():
        shutil.copyfile(wal, to.with_name(f"{to.name}-wal"))
    # The last pages may still be in the WAL only: SQLite reads no page beyond the size of the file.
    size = max(-(-to.stat().st_size // PAGE), pages, 1)
    with to.open("r+b") as file:
        file.truncate(size * PAGE)
        file.write(_first_page(_schema_pages(())[0], size))


def put_schema(database: Path, roots: Sequence[TableRoot]) -> None:
    """List the tables in a database without a WAL: on its first page, and on new pages at its end. Raises OSError."""
    first, *others = _schema_pages(roots)
    with database.open("r+b") as file:
        size = max(-(-database.stat().st_size // PAGE), *(root.page for root in roots), 1)
        file.truncate(size * PAGE)
        file.write(_first_page(_moved(first, size - 1), size + len(others)))
        file.seek(size * PAGE)
        file.write(b"".join(others))


def _schema_pages(roots: Sequence[TableRoot]) -> list[bytes]:
    """The pages of a database that holds nothing but this schema."""
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
        content = Path(file.name).read_bytes()
    return [content[at : at + PAGE] for at in range(0, len(content), PAGE)]


_HEADER, _INTERIOR = 100, 5
"""Bytes of the file's header, which page 1 begins with; the type of a page whose rows are on pages below it."""


def _moved(first: bytes, by: int) -> bytes:
    """Page 1 with the numbers of the pages below it increased: a schema of many tables has some."""
    page = bytearray(first)
    if page[_HEADER] != _INTERIOR:
        return first
    cells = int.from_bytes(page[_HEADER + 3 : _HEADER + 5], "big")
    pointers = range(_HEADER + 12, _HEADER + 12 + 2 * cells, 2)
    for at in (_HEADER + 8, *(int.from_bytes(page[at : at + 2], "big") for at in pointers)):
        page[at : at + 4] = (int.from_bytes(page[at : at + 4], "big") + by).to_bytes(4, "big")
    return bytes(page)


def _first_page(made: bytes, pages: int) -> bytes:
    """The page with the header that the copied database needs."""
    page = bytearray(made)
    page[18:20] = b"\2\2"  # journal mode WAL, for writing and for reading
    page[28:32] = pages.to_bytes(4, "big")
    page[32:40] = bytes(8)  # no free list: its pages may hold rows
    page[92:96] = page[24:28]  # "version-valid-for" equals the change counter: else the page count is ignored
    return bytes(page)
