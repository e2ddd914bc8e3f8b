"""Every table there is, one file a room; each has a `Migrations` object named `migrations`."""

from __future__ import annotations

import pkgutil
import sqlite3
from importlib import import_module

from sqlite_utils import Database


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file up to date; what has been applied is left alone."""
    database = Database(connection)
    for room in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        import_module(f"{__name__}.{room}").migrations.apply(database)
