"""The numbers of cards, for controllers that decide by a list of their own. PINs are kept nowhere, and so on no list."""

from __future__ import annotations

import sqlite3

from gateway.people import rows
from gateway.people.sealing import opened
from gateway.store.vault import Vault


def credential_values(connection: sqlite3.Connection, vault: Vault) -> dict[str, str]:
    """By the credential's id, of all cards that were not ended. One whose key is missing is left out."""
    values = {row["id"]: opened(vault, row["value"]) for row in rows.credential_values(connection)}
    return {credential: value for credential, value in values.items() if value}
