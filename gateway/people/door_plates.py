"""QR door plates of rooms: revocable tokens (`gateway/store/signed_token.py`) that stay the same on every reprint."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.people import rows
from gateway.store import Store
from gateway.store.columns import from_us, maybe_time, to_us
from gateway.store.signed_token import SignedTokens, hash_of
from gateway.store.vault import Vault

_PURPOSE = "door plate"


@dataclass(frozen=True, slots=True)
class DoorPlate:
    """`token` is the content of the QR code: treat it like a key."""

    place: str
    token: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedPlate:
    """A plate whose token this gateway has signed; `revoked_at` is None while it is valid."""

    id: bytes
    place: str
    issued_at: datetime
    revoked_at: datetime | None


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
        return await self._store.write(lambda connection: self.revoke_in(connection, places, now))

    def revoke_in(self, connection: sqlite3.Connection, places: Collection[str], now: datetime) -> int:
        """As `revoke`, in the caller's transaction."""
        return sum(rows.revoke_door_plate(connection, place, to_us(now)) for place in places)

    async def place(self, token: str) -> str | None:
        """The place that this token was issued for; None for a foreign or revoked token."""
        plate = await self.find(token)
        return None if plate is None or plate.revoked_at is not None else plate.place

    async def find(self, token: str) -> IssuedPlate | None:
        """The plate of this token, revoked ones too; None for a token that this gateway has not signed."""
        half = SignedTokens(self._store.vault, _PURPOSE).verified_half(token)
        if half is None:
            return None
        row = await self._store.read(lambda connection: rows.door_plate(connection, hash_of(half)))
        if row is None:
            return None
        return IssuedPlate(row["id"], row["place"], from_us(row["issued_at"]), maybe_time(row["revoked_at"]))

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
