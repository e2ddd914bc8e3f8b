"""QR codes of checkpoints: signed and revocable, the same on every reprint (`gateway/store/signed_token.py`).

A code proves that somebody with a guard's session opened its address. A photo of it opens the same address: see
docs/operations.md on what that means.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.patrol import rows
from gateway.store import Store
from gateway.store.columns import from_us, to_us
from gateway.store.signed_token import SignedTokens, hash_of
from gateway.store.vault import Vault

_PURPOSE = "checkpoint"


@dataclass(frozen=True, slots=True)
class CheckpointCode:
    """`token` is the content of the QR code."""

    checkpoint: str
    token: str
    issued_at: datetime


class CheckpointCodes:
    """Issues, revokes and resolves the codes of checkpoints."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def issue(self, checkpoints: Sequence[str], now: datetime) -> list[CheckpointCode]:
        """The code of each checkpoint; creates missing ones. Raises VaultError without a usable key."""
        vault = self._store.vault
        return await self._store.write(lambda connection: [_issue(connection, vault, one, now) for one in checkpoints])

    async def revoke(self, checkpoints: Collection[str], now: datetime) -> int:
        """Revoke the codes of these checkpoints; returns how many there were."""
        return await self._store.write(
            lambda connection: sum(rows.revoke_code(connection, one, to_us(now)) for one in checkpoints)
        )

    async def checkpoint(self, token: str) -> str | None:
        """The checkpoint that this token was issued for; None for a foreign, forged or revoked token."""
        half = SignedTokens(self._store.vault, _PURPOSE).verified_half(token)
        if half is None:
            return None
        return await self._store.read(lambda connection: rows.checkpoint_of_code(connection, hash_of(half)))


def _issue(connection: sqlite3.Connection, vault: Vault, checkpoint: str, now: datetime) -> CheckpointCode:
    tokens, row = SignedTokens(vault, _PURPOSE), rows.valid_code(connection, checkpoint)
    if row is not None:
        return CheckpointCode(checkpoint, tokens.token(vault.decrypt(row["token"])), from_us(row["issued_at"]))
    half = tokens.new_half()
    rows.insert_code(connection, hash_of(half), checkpoint, vault.encrypt(half), to_us(now))
    return CheckpointCode(checkpoint, tokens.token(half), now)
