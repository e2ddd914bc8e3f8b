"""Texts of the register that are sealed in the database: names, phones, ID numbers, dates of birth."""

from __future__ import annotations

import sqlite3
from datetime import date

import structlog

from gateway.people import rows
from gateway.people.blind_index import digests_of
from gateway.store.vault import Vault, VaultError

log = structlog.get_logger(__name__)


def seal(vault: Vault, text: str) -> bytes | None:
    """The sealed text; None for an empty one. Raises VaultError without a usable key."""
    return vault.encrypt(text.encode()) if text else None


def opened(vault: Vault, value: bytes | str | None, person: str = "") -> str:
    """The text of a column. Empty, with a log line, if the vault has not the key that sealed it.

    A plain text is one of an older version that is not sealed yet.
    """
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return vault.decrypt(value).decode()
    except VaultError as error:
        log.warning("a sealed value of the register is unreadable", person=person, why=str(error))
        return ""


def opened_date(vault: Vault, value: bytes | None, person: str = "") -> date | None:
    """The date of a sealed column."""
    text = opened(vault, value, person)
    return date.fromisoformat(text) if text else None


def seal_plain_names(connection: sqlite3.Connection, vault: Vault) -> int:
    """Seal the names that an older version stored in clear, and index them; returns how many.

    Raises VaultError without a usable key.
    """
    plain = rows.plain_names(connection)
    for row in plain:
        phone = opened(vault, row["phone"], row["id"])
        rows.set_name(connection, row["id"], seal(vault, row["name"]) or b"")
        rows.set_digests(connection, row["id"], digests_of(vault, row["name"], phone, ""))
    return len(plain)
