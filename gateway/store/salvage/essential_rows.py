"""Copies the rows that must be in a new database before the gateway serves from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

from gateway.store import integrity, register_copy
from gateway.store.connection import read_only
from gateway.store.salvage import rebuild_alerts
from gateway.store.salvage.rows import LostRows, Row, columns_of, is_plausible, readable_rows

NUMBERED_TABLES = ("journal", "decisions", "steps", "quarantine")
RECENT_ROWS = 20_000
"""Newest signals to copy at once: rules, screens and the search for duplicates need them first."""
NUMBER_GAP = 1_000_000
"""Numbers left free between the old rows and the first new one, for old rows that are found later."""
_NOT_COPIED_WHOLE = {*NUMBERED_TABLES, "alerts", "alert_signals", "sqlite_sequence", "_sqlite_migrations"}
_MAX_ROWID = 2**40
"""Above every row number that is not given out by AUTOINCREMENT."""


def copy_essential_rows(
    source: sqlite3.Connection, fresh: sqlite3.Connection, folder: Path, ends: Mapping[str, int], lost: LostRows
) -> None:
    """Fill the new database, in one transaction, from the readable rows of the old one and the copy of its registers.

    `ends`: the last number of each numbered table. Unreadable rows are added to `lost`.
    """
    fresh.execute("PRAGMA foreign_keys = OFF")  # parents may be copied after their children, or be unreadable
    fresh.execute("BEGIN IMMEDIATE")
    _reserve_numbers(fresh, ends)
    # Tables named search_ are made from others, and made again.
    names = [
        row[0]
        for row in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'search_*'")
    ]
    for table in sorted(set(names) - _NOT_COPIED_WHOLE):
        copy(source, fresh, table, (0, _MAX_ROWID), lost)
    _copy_registers(fresh, folder, lost)
    _copy_alerts(source, fresh, ends, lost)
    _copy_links_of_open_alerts(source, fresh)
    _drop_orphans(fresh)
    fresh.execute("COMMIT")
    fresh.execute("PRAGMA foreign_keys = ON")


def _reserve_numbers(fresh: sqlite3.Connection, ends: Mapping[str, int]) -> None:
    for table in NUMBERED_TABLES:
        fresh.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        last = ends.get(table, 0)
        fresh.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last + NUMBER_GAP))


def _copy_alerts(
    source: sqlite3.Connection, fresh: sqlite3.Connection, ends: Mapping[str, int], lost: LostRows
) -> None:
    """Copy alerts and the newest rows that they come from; rebuild alerts that can't be copied."""
    intact = _is_undamaged(source, "alerts")
    # Rebuilding alerts needs all steps and decisions; else the newest do, and the others follow in the background.
    for table in ("steps", "decisions"):
        last = ends.get(table, 0)
        copy(source, fresh, table, (max(0, last - RECENT_ROWS) if intact else 0, last), lost)
    last = ends.get("journal", 0)
    copy(source, fresh, "journal", (max(0, last - RECENT_ROWS), last), lost)
    if not intact:  # rebuild first, since copied rows don't overwrite: a damaged page may hold an old state of an alert
        _copy_causes(source, fresh)
        _rebuild_missing(fresh)
    copy(source, fresh, "alerts", (0, _MAX_ROWID), LostRows())  # not counted as lost: they can be rebuilt
    _rebuild_missing(fresh)
    rebuild_alerts.link_signals(fresh, 0, _MAX_ROWID)


def _rebuild_missing(fresh: sqlite3.Connection) -> None:
    for alert in rebuild_alerts.missing_alerts(fresh, _MAX_ROWID):
        rebuild_alerts.rebuild(fresh, alert)


def _is_undamaged(source: sqlite3.Connection, table: str) -> bool:
    try:
        return integrity.check_table(source, table) is None
    except sqlite3.Error:
        return False


def copy(
    source: sqlite3.Connection, fresh: sqlite3.Connection, table: str, span: tuple[int, int], lost: LostRows
) -> None:
    """Copy the readable rows above `span[0]` and up to `span[1]`, except implausible ones. Existing rows are kept.

    Ranges that can't be read are added to `lost`.
    """
    columns = shared(source, fresh, table)
    if columns:
        put(fresh, table, columns, readable_rows(source, table, columns, span, lost))
    elif span[1] > span[0]:
        lost.add(table, span[0] + 1, min(span[1], _MAX_ROWID))


def shared(source: sqlite3.Connection, fresh: sqlite3.Connection, table: str) -> list[str]:
    """The columns of the table that both databases have."""
    known = set(columns_of(source, table))
    return [column for column in columns_of(fresh, table) if column in known]


def put(fresh: sqlite3.Connection, table: str, columns: list[str], rows: Iterable[Row]) -> int:
    """Insert plausible rows (row number first, then the columns); returns how many were new."""
    places = ", ".join("?" * len(columns))
    sql = f'INSERT OR IGNORE INTO "{table}" ({", ".join(columns)}) VALUES ({places})'  # noqa: S608  # our own names
    fitting = (row[1:] for row in rows if is_plausible(table, dict(zip(columns, row[1:], strict=True))))
    return fresh.executemany(sql, fitting).rowcount


def _copy_registers(fresh: sqlite3.Connection, folder: Path, lost: LostRows) -> None:
    """Fill unreadable rows of the registers from their second copy."""
    path = folder / register_copy.NAME
    if not path.exists():
        return
    with suppress(sqlite3.Error), closing(read_only(path)) as saved:
        for table in register_copy.TABLES:
            copy(saved, fresh, table, (0, _MAX_ROWID), LostRows())
            lost.ranges.pop(table, None)


def _copy_causes(source: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    """Copy the signals that raised alerts, however old: rebuilding an alert needs their device and picture."""
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


def _copy_links_of_open_alerts(source: sqlite3.Connection, fresh: sqlite3.Connection) -> None:
    """Copy which signals belong to open alerts; those of closed alerts are rebuilt later from the decisions."""
    for (alert,) in fresh.execute("SELECT id FROM alerts WHERE state <> 'closed'").fetchall():
        with suppress(sqlite3.DatabaseError):
            rows = source.execute("SELECT alert, journal FROM alert_signals WHERE alert = ?", (alert,)).fetchall()
            fresh.executemany("INSERT OR IGNORE INTO alert_signals (alert, journal) VALUES (?, ?)", map(tuple, rows))


def _drop_orphans(fresh: sqlite3.Connection) -> None:
    """Delete rows whose parent could not be read: sessions without a user, faces without a person."""
    for row in fresh.execute("PRAGMA foreign_key_check").fetchall():
        fresh.execute(f'DELETE FROM "{row[0]}" WHERE rowid = ?', (row[1],))  # noqa: S608  # our own names
