"""Persons and vehicles as rows of the database."""

from __future__ import annotations

import sqlite3

import structlog

from gateway.model import Listing, Person, Resident, Vehicle
from gateway.store.vault import Vault, VaultError

log = structlog.get_logger(__name__)


def residents(connection: sqlite3.Connection, vault: Vault) -> list[Resident]:
    """All persons, by place and name."""
    rows = connection.execute("SELECT * FROM persons ORDER BY place, name")
    return [Resident(_person(row, vault), row["place"], Listing(row["list"])) for row in rows]


def vehicles(connection: sqlite3.Connection) -> list[Vehicle]:
    """All vehicles, by plate."""
    rows = connection.execute("SELECT * FROM vehicles ORDER BY plate")
    return [Vehicle(row["plate"], row["place"], Listing(row["list"])) for row in rows]


def remove(connection: sqlite3.Connection, key: str) -> bool:
    """Delete the person with this id or the vehicle with this plate; False when there is neither."""
    removed = connection.execute("DELETE FROM persons WHERE id = ?", (key,)).rowcount
    removed += connection.execute("DELETE FROM vehicles WHERE plate = ?", (key,)).rowcount
    return removed > 0


def phone_of(row: sqlite3.Row, vault: Vault) -> str:
    """The decrypted number; empty, with a line in the log, when it was sealed with another key."""
    if row["phone"] is None:
        return ""
    try:
        return vault.decrypt(row["phone"]).decode()
    except VaultError as error:
        log.warning("phone number unreadable", person=row["id"], why=str(error))
        return ""


def _person(row: sqlite3.Row, vault: Vault) -> Person:
    return Person(row["id"], row["name"], phone_of(row, vault), row["role"])
