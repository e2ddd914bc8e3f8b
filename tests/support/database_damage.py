"""A disk that gives back something else than was written: pages of a record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

PAGE = 4096
JUNK = b"\xff" * PAGE


def damage_table(record: Path, name: str) -> None:
    """Overwrite the root page of this table or index. Nobody may have the record open."""
    root = root_of(record, name)
    with closing(sqlite3.connect(record)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    overwrite(record, [root])


def root_of(record: Path, name: str) -> int:
    """The page a table or index begins at."""
    with closing(sqlite3.connect(record)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    return int(root)


def pages_of(record: Path, name: str) -> list[int]:
    """All pages of a table or index but those of long values; `sqlite_master` has page 1."""
    return _below(record, 1 if name == "sqlite_master" else root_of(record, name))


def _below(record: Path, page: int) -> list[int]:
    with record.open("rb") as file:
        file.seek((page - 1) * PAGE)
        said = file.read(PAGE)
    head = 100 if page == 1 else 0
    if said[head] not in {2, 5}:
        return [page]
    count = int.from_bytes(said[head + 3 : head + 5], "big")
    cells = [int.from_bytes(said[head + 12 + 2 * n : head + 14 + 2 * n], "big") for n in range(count)]
    below = [int.from_bytes(said[at : at + 4], "big") for at in cells]
    below.append(int.from_bytes(said[head + 8 : head + 12], "big"))
    return [page, *(each for child in below for each in _below(record, child))]


def overwrite(record: Path, pages: Iterable[int], junk: bytes = JUNK) -> None:
    """From outside, whoever has it open."""
    with record.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE)
            file.write(junk)
