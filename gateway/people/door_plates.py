"""QR door plates of rooms: unguessable, revocable tokens that stay the same on every reprint.

A token is 12 random bytes and the first 12 of their MAC, in base64url (32 characters). A guess fails at the MAC, before
any table is read. The table stores a hash of the random half, to find it, and the half sealed, to print it again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.people import rows
from gateway.store import Store
from gateway.store.columns import from_us, to_us
from gateway.store.vault import Vault, VaultError

_HALF = 12
_PURPOSE = "door plate"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


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
        half = self._verified_half(token)
        if half is None:
            return None
        return await self._store.read(lambda connection: rows.place_of_door_plate(connection, _hash(half)))

    async def issued(self) -> list[str]:
        """The places that have a valid door plate."""
        return await self._store.read(rows.places_with_door_plate)

    def _verified_half(self, token: str) -> bytes | None:
        if not _TOKEN.fullmatch(token):
            return None
        data = base64.urlsafe_b64decode(token)
        half, proof = data[:_HALF], data[_HALF:]
        try:
            ours = hmac.compare_digest(_proof(self._store.vault, half), proof)
        except VaultError:  # without the key the MAC can't be checked; the table's hash still identifies a half
            return half
        return half if ours else None


def _proof(vault: Vault, half: bytes) -> bytes:
    return vault.mac(_PURPOSE, half)[:_HALF]


def _hash(half: bytes) -> bytes:
    return hashlib.sha256(half).digest()


def _issue(connection: sqlite3.Connection, vault: Vault, place: str, now: datetime) -> DoorPlate:
    row = rows.valid_door_plate(connection, place)
    if row is not None:
        return DoorPlate(place, _token(vault, vault.decrypt(row["token"])), from_us(row["issued_at"]))
    half = secrets.token_bytes(_HALF)  # 96 bits
    rows.insert_door_plate(connection, _hash(half), place, vault.encrypt(half), to_us(now))
    return DoorPlate(place, _token(vault, half), now)


def _token(vault: Vault, half: bytes) -> str:
    return base64.urlsafe_b64encode(half + _proof(vault, half)).decode()
