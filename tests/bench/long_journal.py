"""A record as a large compound fills it in a day, written with plain SQL into the schema as it is."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.store.migrations import migrate

DEVICES = 400
KINDS = ("motion.started", "motion.ended", "door.opened", "door.closed", "access.granted", "plate.read", "zone.alarm")
RARE = ("device.offline", "device.online", "area.disarmed", "area.armed")
ALERT_EVERY = 100
_BATCH = 50_000
_INSERT = (
    "INSERT INTO journal (entry, id, device, kind, at, received, source_id, body, data)"
    " VALUES ('signal', ?, ?, ?, NULL, ?, ?, ?, ?)"
)


def fill(folder: Path, rows: int, hours: float) -> None:
    """Signals over the last `hours`, one in a hundred behind a closed alert; indexed once they are in."""
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "anju.db", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -100000")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'journal' AND sql LIKE '%INDEX%'"
    )
    indexes = {name: sql for name, sql in indexes if sql.startswith("CREATE INDEX")}
    for name in indexes:
        connection.execute(f"DROP INDEX {name}")
    made = _rows(rows, hours)
    for begin in range(0, rows, _BATCH):
        connection.execute("BEGIN")
        connection.executemany(_INSERT, (next(made) for _ in range(min(_BATCH, rows - begin))))
        connection.execute("COMMIT")
    for sql in indexes.values():
        connection.execute(sql)
    _raise_alerts(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def insert_cost(folder: Path, rows: int) -> tuple[float, float]:
    """Microseconds of CPU a signal takes in the writer's inserts: with the indexes there are, and as before m006."""
    return _cost(folder / "now", rows, ()), _cost(folder / "before", rows, _AS_BEFORE)


_AS_BEFORE = (
    "DROP INDEX journal_device_kind",
    "DROP INDEX journal_entry",
    "DROP INDEX journal_source",
    "CREATE INDEX journal_source ON journal (device, source_id) WHERE source_id IS NOT NULL",
)


def _cost(folder: Path, rows: int, changes: Sequence[str]) -> float:
    folder.mkdir(parents=True)
    connection = sqlite3.connect(folder / "anju.db", isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection)
    for change in changes:
        connection.execute(change)
    connection.execute("PRAGMA synchronous = OFF")
    made = list(_rows(rows, 22))
    began = time.process_time()
    connection.execute("BEGIN")
    connection.executemany(_INSERT, made)
    connection.execute("COMMIT")
    took = time.process_time() - began
    connection.close()
    return took / rows * 1e6


def _rows(count: int, hours: float) -> Iterator[tuple[object, ...]]:
    span = int(hours * 3600e6)
    first = time.time_ns() // 1000 - span
    for number in range(count):
        kind = RARE[number // 1000 % 4] if number % 1000 == 0 else KINDS[number % len(KINDS)]
        device, data = f"device-{number * 7919 % DEVICES:03d}", f'{{"n":{number},"zone":3}}'
        body = hashlib.blake2b(data.encode(), digest_size=16).digest()
        at = first + span * number // count
        yield f"s-{number:028x}", device, kind, at, str(number % 256), body, data


def _raise_alerts(connection: sqlite3.Connection) -> None:
    every = f"number % {ALERT_EVERY} = 0"
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO alerts SELECT 'a-' || substr(id, 3), 'home', device || '/' || number, 1 + number % 4,"
        " 'closed', '', device, '报警', 'Alarm', received, received, 1, received, 'real', 'wang', NULL"
        f" FROM journal WHERE {every}"
    )
    connection.execute(f"INSERT INTO alert_signals SELECT 'a-' || substr(id, 3), number FROM journal WHERE {every}")
    connection.execute("COMMIT")
