"""Reads a table and skips its unreadable pages."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.model import AlertState, Disposition, Severity

_LATEST_US = 253_402_300_800_000_000
"""The year 10000."""
_PAGE_ROWS = 200
"""More rows than a page holds."""
Row = tuple[object, ...]


@dataclass(slots=True)
class LostRows:
    """Ranges of row numbers that can't be read, by table."""

    ranges: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def add(self, table: str, first: int, last: int) -> None:
        """Add the rows numbered `first` to `last`, both included."""
        self.ranges.setdefault(table, []).append((first, last))

    def rows(self) -> dict[str, int]:
        """How many numbers each table's ranges have: an upper bound for the missing rows."""
        return {table: sum(last - first + 1 for first, last in ranges) for table, ranges in self.ranges.items()}


def is_plausible(table: str, row: Mapping[str, object]) -> bool:
    """Whether the gateway can have written the row: a partly overwritten page gives rows that it can't have."""
    try:
        if "data" in row and table != "quarantine" and not isinstance(json.loads(str(row["data"])), dict):
            return False
        if table == "alerts":
            Severity(int(str(row["severity"])))
            AlertState(str(row["state"]))
            if row["disposition"] is not None:
                Disposition(str(row["disposition"]))
        times = (row[name] for name in ("at", "received", "raised_at", "last_at", "restored_at") if name in row)
        return all(time is None or (isinstance(time, int) and 0 <= time < _LATEST_US) for time in times)
    except (ValueError, TypeError):
        return False


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """The table's columns; empty without such a table, or when the schema can't be read."""
    try:
        return [str(row[1]) for row in connection.execute(f"PRAGMA table_info('{table}')")]
    except sqlite3.DatabaseError:
        return []


def readable_rows(
    source: sqlite3.Connection, table: str, columns: Sequence[str], span: tuple[int, int], lost: LostRows
) -> Iterator[Row]:
    """Row number and columns of every readable row above `span[0]` and up to `span[1]`.

    In no order: a page at a wrong place in the file gives its rows there. Unreadable ranges are added to `lost`.
    """
    top, last = span
    sql = f'SELECT rowid, {", ".join(columns)} FROM "{table}" WHERE rowid > ? AND rowid <= ?'  # noqa: S608  # own names
    while top < last:
        try:
            for row in source.execute(sql, (top, last)):
                top = max(top, row[0])
                yield tuple(row)
        except sqlite3.DatabaseError:  # a bad page: continue behind its rows
            first, top = top + 1, _next_good(source, table, top, last)
            lost.add(table, first, top)
        else:
            return


def _next_good(source: sqlite3.Connection, table: str, at: int, last: int) -> int:
    """The smallest number behind which a row can be read.

    Tries one by one over a page's worth of rows, then doubles the step, then bisects.
    """
    step = 1
    while at + step < last and not _reads(source, table, at + step):
        step = step + 1 if step < _PAGE_ROWS else step * 2
    good = min(at + step, last)
    bad = at + (step - 1 if step <= _PAGE_ROWS else step // 2)
    while good - bad > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if _reads(source, table, middle) else (good, middle)
    return good


def _reads(source: sqlite3.Connection, table: str, after: int) -> bool:
    try:
        row = source.execute(f'SELECT rowid, * FROM "{table}" WHERE rowid > ? LIMIT 1', (after,)).fetchone()  # noqa: S608
    except sqlite3.DatabaseError:
        return False
    return row is None or row[0] > after  # a page at a wrong place may give smaller numbers
