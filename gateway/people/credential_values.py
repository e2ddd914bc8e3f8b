"""The numbers of cards, for controllers that decide by a list of their own. Of PINs there is none: none is kept."""

from __future__ import annotations

import sqlite3

from gateway.people import rows
from gateway.people.sealing import opened
from gateway.store.vault import Vault


def credential_values(connection: sqlite3.Connection, vault: Vault) -> dict[str, str]:
    """By the credential's id, of all cards that were not ended. One whose key is missing is left out."""
    values = {credential: opened(vault, value) for credential, value in rows.card_values(connection).items()}
    return {credential: value for credential, value in values.items() if value}
