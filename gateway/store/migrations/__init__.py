"""Every table there is, one file a room; each has a `Migrations` object named `migrations`."""

from __future__ import annotations

import pkgutil
import sqlite3
from importlib import import_module

import structlog
from sqlite_utils import Database

log = structlog.get_logger(__name__)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file up to date; what has been applied is left alone."""
    database = Database(connection)
    known = database.table_names()
    for room in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        migrations = import_module(f"{__name__}.{room}").migrations
        pending = [step.name for step in migrations.pending(database)]
        if pending and known:  # minutes, where an index of millions of rows is made
            log.info("the record is brought up to date", room=room, steps=pending)
        migrations.apply(database)
