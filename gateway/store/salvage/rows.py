"""Reads a table around the pages that can't be read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.model import AlertState, Disposition, Severity

_LATEST_US = 253_402_300_800_000_000
"""The year 10000."""
_LEAF = 200
"""More rows than a page holds."""
Row = tuple[object, ...]


@dataclass(slots=True)
class Lost:
    """Ranges of row numbers that can't be read, of each table."""

    ranges: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def add(self, table: str, first: int, last: int) -> None:
        self.ranges.setdefault(table, []).append((first, last))

    def rows(self) -> dict[str, int]:
        """How many numbers are in them: at most so many rows are missing."""
        return {table: sum(last - first + 1 for first, last in ranges) for table, ranges in self.ranges.items()}


def fits(table: str, row: Mapping[str, object]) -> bool:
    """Whether the gateway can have written it: a page that is partly overwritten gives rows that it can't."""
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
    """Empty where there is no such table, or the schema can't be read."""
    try:
        return [str(row[1]) for row in connection.execute(f"PRAGMA table_info('{table}')")]
    except sqlite3.DatabaseError:
        return []


def readable(
    source: sqlite3.Connection, table: str, columns: Sequence[str], span: tuple[int, int], lost: Lost
) -> Iterator[Row]:
    """Row number and columns of every row above `span[0]` and up to `span[1]` that can be read.

    In no order: a page that stands in a wrong place gives its rows there.
    """
    top, last = span
    sql = f'SELECT rowid, {", ".join(columns)} FROM "{table}" WHERE rowid > ? AND rowid <= ?'  # noqa: S608  # own names
    while top < last:
        try:
            for row in source.execute(sql, (top, last)):
                top = max(top, row[0])
                yield tuple(row)
        except sqlite3.DatabaseError:
            first, top = top + 1, _next_good(source, table, top, last)
            lost.add(table, first, top)
        else:
            return


def _next_good(source: sqlite3.Connection, table: str, at: int, last: int) -> int:
    """The least number behind which a row can be read: one by one over a page's worth, then doubling and halving."""
    step = 1
    while at + step < last and not _reads(source, table, at + step):
        step = step + 1 if step < _LEAF else step * 2
    good = min(at + step, last)
    bad = at + (step - 1 if step <= _LEAF else step // 2)
    while good - bad > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if _reads(source, table, middle) else (good, middle)
    return good


def _reads(source: sqlite3.Connection, table: str, after: int) -> bool:
    try:
        row = source.execute(f'SELECT rowid, * FROM "{table}" WHERE rowid > ? LIMIT 1', (after,)).fetchone()  # noqa: S608
    except sqlite3.DatabaseError:
        return False
    return row is None or row[0] > after
