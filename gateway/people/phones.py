"""Phone numbers, which are sealed in the database."""

from __future__ import annotations

import sqlite3

import structlog

from gateway.store.vault import Vault, VaultError

log = structlog.get_logger(__name__)


def phone_of(row: sqlite3.Row, vault: Vault) -> str:
    """The decrypted number of a person's row; empty, with a log line, if the vault has not the key that sealed it."""
    if row["phone"] is None:
        return ""
    try:
        return vault.decrypt(row["phone"]).decode()
    except VaultError as error:
        log.warning("phone number unreadable", person=row["id"], why=str(error))
        return ""
