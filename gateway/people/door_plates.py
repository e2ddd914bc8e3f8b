"""QR door plates of rooms: revocable tokens (`gateway/store/signed_token.py`) that stay the same on every reprint."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.people import rows
from gateway.store import Store
from gateway.store.columns import from_us, to_us
from gateway.store.signed_token import SignedTokens, hash_of
from gateway.store.vault import Vault

_PURPOSE = "door plate"


@dataclass(frozen=True, slots=True)
class DoorPlate:
    """`token` is the content of the QR code: treat it like a key."""

    place: str
    token: str
    issued_at: datetime


class DoorPlates:
    """Issues, revokes and resolves door plates."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def issue(self, places: Sequence[str], now: datetime) -> list[DoorPlate]:
        """The door plate of each place; creates missing ones. Raises VaultError without a usable key."""
        vault = self._store.vault
        return await self._store.write(lambda connection: [_issue(connection, vault, place, now) for place in places])

    async def revoke(self, places: Collection[str], now: datetime) -> int:
        """Revoke the door plates of these places; returns how many there were."""
        return await self._store.write(
            lambda connection: sum(rows.revoke_door_plate(connection, place, to_us(now)) for place in places)
        )

    async def place(self, token: str) -> str | None:
        """The place that this token was issued for; None for a foreign or revoked token."""
        half = SignedTokens(self._store.vault, _PURPOSE).verified_half(token)
        if half is None:
            return None
        return await self._store.read(lambda connection: rows.place_of_door_plate(connection, hash_of(half)))

    async def issued(self) -> list[str]:
        """The places that have a valid door plate."""
        return await self._store.read(rows.places_with_door_plate)


def _issue(connection: sqlite3.Connection, vault: Vault, place: str, now: datetime) -> DoorPlate:
    tokens, row = SignedTokens(vault, _PURPOSE), rows.valid_door_plate(connection, place)
    if row is not None:
        return DoorPlate(place, tokens.token(vault.decrypt(row["token"])), from_us(row["issued_at"]))
    half = tokens.new_half()
    rows.insert_door_plate(connection, hash_of(half), place, vault.encrypt(half), to_us(now))
    return DoorPlate(place, tokens.token(half), now)
