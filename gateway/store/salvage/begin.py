"""What must be in a fresh database before the gateway serves from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

from gateway.store import check, register_copy
from gateway.store.connection import read_only
from gateway.store.salvage import rebuild_alerts
from gateway.store.salvage.rows import Lost, Row, columns_of, fits, readable

NUMBERED = ("journal", "decisions", "steps", "quarantine")
RECENT = 20_000
"""Signals that come at once: what rules, screens and the look for duplicates ask for first."""
GAP = 1_000_000
"""Numbers between the old rows and the first new one: whatever the old file still turns out to hold fits below."""
_LATER = {*NUMBERED, "alerts", "alert_signals", "sqlite_sequence", "_sqlite_migrations"}
_LAST = 2**40
"""Above every row number that is not given out by AUTOINCREMENT."""


def begin(
    source: sqlite3.Connection, fresh: sqlite3.Connection, folder: Path, ends: Mapping[str, int], lost: Lost
) -> None:
    """Fill the fresh database, in one transaction, from what can be read of the old one and the copy of its registers.

    `ends`: the last number of each numbered table.
    """
    fresh.execute("PRAGMA foreign_keys = OFF")
    fresh.execute("BEGIN IMMEDIATE")
    for table in NUMBERED:
        fresh.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        last = ends.get(table, 0)
        fresh.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last + GAP))
    names = [row[0] for row in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in sorted(set(names) - _LATER):
        copy(source, fresh, table, (0, _LAST), lost)
    _from_saved(fresh, folder, lost)
    whole = check_table(source, "alerts")
    newest = {table: (max(0, ends.get(table, 0) - RECENT) if whole else 0, ends.get(table, 0)) for table in NUMBERED}
    copy(source, fresh, "steps", newest["steps"], lost)
    copy(source, fresh, "decisions", newest["decisions"], lost)
    copy(source, fresh, "journal", (max(0, ends.get("journal", 0) - RECENT), ends.get("journal", 0)), lost)
    if not whole:  # what the steps say of an alert is truer than a page that may be an old one
        _causes(source, fresh)
        for alert in rebuild_alerts.unknown(fresh, _LAST):
            rebuild_alerts.put(fresh, alert)
    copy(source, fresh, "alerts", (0, _LAST), Lost())  # what is lost here, the decisions tell
    for alert in rebuild_alerts.unknown(fresh, _LAST):  # what did not fit
        rebuild_alerts.put(fresh, alert)
    rebuild_alerts.link(fresh, 0, _LAST)
    _links_of_open(source, fresh)
    _drop_orphans(fresh)
    fresh.execute("COMMIT")
    fresh.execute("PRAGMA foreign_keys = ON")


def check_table(source: sqlite3.Connection, table: str) -> bool:
    try:
        return check.table(source, table) is None
    except sqlite3.Error:
        return False


def copy(source: sqlite3.Connection, fresh: sqlite3.Connection, table: str, span: tuple[int, int], lost: Lost) -> None:
    """Rows that are there stay; rows that don't fit the schema, as those of a torn page, are left out."""
    columns = shared(source, fresh, table)
    if columns:
        put(fresh, table, columns, readable(source, table, columns, span, lost))
    elif span[1] > span[0]:
        lost.add(table, span[0] + 1, min(span[1], _LAST))


def shared(source: sqlite3.Connection, fresh: sqlite3.Connection, table: str) -> list[str]:
    """The columns that both have."""
    known = set(columns_of(source, table))
    return [column for column in columns_of(fresh, table) if column in known]


def put(fresh: sqlite3.Connection, table: str, columns: list[str], rows: Iterable[Row]) -> int:
    """Returns how many were new."""
    places = ", ".join("?" * len(columns))
    sql = f'INSERT OR IGNORE INTO "{table}" ({", ".join(columns)}) VALUES ({places})'  # noqa: S608  # our own names
    fitting = (row[1:] for row in rows if fits(table, dict(zip(columns, row[1:], strict=True))))
    return fresh.executemany(sql, fitting).rowcount


def _from_saved(fresh: sqlite3.Connection, folder: Path, lost: Lost) -> None:
    """What the database could not give of its registers, the copy has."""
    path = folder / register_copy.NAME
    if not path.exists():
        return
    with suppress(sqlite3.Error), closing(read_only(path)) as saved:
        for table in register_copy.TABLES:
            copy(saved, fresh, table, (0, _LAST), Lost())
            lost.ranges.pop(table, None)


def _causes(source: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    """The signals that alerts were raised on, however old: they know the device and the picture."""
    columns = shared(source, fresh, "journal")
    if not columns:
        return
    sql = f"SELECT rowid, {', '.join(columns)} FROM journal WHERE rowid = ?"  # noqa: S608  # our own names
    missing = (
        "SELECT DISTINCT journal FROM decisions WHERE decision = 'raise' AND journal IS NOT NULL"
        " AND journal NOT IN (SELECT number FROM journal)"
    )
    for (number,) in fresh.execute(missing).fetchall():
        with suppress(sqlite3.DatabaseError):
            put(fresh, "journal", columns, [tuple(row) for row in source.execute(sql, (number,))])


def _links_of_open(source: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    """The signals behind what is open; all others come later, from the decisions."""
    for (alert,) in fresh.execute("SELECT id FROM alerts WHERE state <> 'closed'").fetchall():
        with suppress(sqlite3.DatabaseError):
            rows = source.execute("SELECT alert, journal FROM alert_signals WHERE alert = ?", (alert,)).fetchall()
            fresh.executemany("INSERT OR IGNORE INTO alert_signals (alert, journal) VALUES (?, ?)", map(tuple, rows))


def _drop_orphans(fresh: sqlite3.Connection) -> None:
    """Sessions of users, faces of persons that could not be read."""
    for row in fresh.execute("PRAGMA foreign_key_check").fetchall():
        fresh.execute(f'DELETE FROM "{row[0]}" WHERE rowid = ?', (row[1],))  # noqa: S608  # our own names
