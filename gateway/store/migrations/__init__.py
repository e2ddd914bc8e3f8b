"""All tables, one module per area; each has a `Migrations` object named `migrations`.

An applied migration is never changed: existing data folders have it. A change of a table is a new migration.
"""

from __future__ import annotations

import pkgutil
import sqlite3
from importlib import import_module

import structlog
from sqlite_utils import Database

log = structlog.get_logger(__name__)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply the migrations that the database lacks. Raises sqlite3.Error."""
    database = Database(connection)
    existing = database.table_names()
    for area in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        migrations = import_module(f"{__name__}.{area}").migrations
        pending = [step.name for step in migrations.pending(database)]
        if pending and existing:  # can take minutes where millions of rows get an index; not worth a line when new
            log.info("the database is being migrated", area=area, steps=pending)
        migrations.apply(database)
