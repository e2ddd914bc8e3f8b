"""What SQLite does for a statement: which tables it reads whole, and what it sorts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

BIG = tuple(
    """journal alerts alert_signals decisions steps quarantine clips commands notifications incidents silences
    search_alerts access_log register_changes resident_notices resident_requests resident_devices resident_codes
    resident_keys passes door_plate_hangings consents""".split()
)
"""Tables that grow with the years."""


def slow(connection: sqlite3.Connection, statements: Iterable[str]) -> list[str]:
    """Each of them that scans a big table, or sorts what it found there, with its plan."""
    found = []
    for sql in sorted({sql for sql in statements if sql.lstrip().startswith(("SELECT", "DELETE", "UPDATE"))}):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        touches = any(f" {table} " in f"{line} " for line in plan for table in BIG)
        first_of_all = "LIMIT" in sql and "WHERE" not in sql  # in the order of an index: ends after so many rows
        bad = [line for line in plan if line.startswith("SCAN ") and line.split()[1] in BIG and not first_of_all]
        bad += [line for line in plan if touches and "TEMP B-TREE FOR ORDER BY" in line]
        found += [f"{sql}\n    {'; '.join(plan)}"] if bad else []
    return found
