"""A room's QR door plate: a token nobody can guess, signed, revocable, and the same on every reprint.

A token is 12 random bytes and the first 12 of their MAC, in base64url (32 characters). A
guess fails at the MAC, before the table is asked; the table knows the random half by its
hash, and keeps it sealed so that a sheet can be printed again.
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

from gateway.store import Store
from gateway.store.columns import from_us, to_us
from gateway.store.vault import Vault, VaultError

_HALF = 12
_PURPOSE = "door plate"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True, slots=True)
class DoorPlate:
    """`token` is what the QR code carries: treat it like a key."""

    place: str
    token: str
    issued_at: datetime


class DoorPlates:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def issue(self, places: Sequence[str], now: datetime) -> list[DoorPlate]:
        """The door plate of each place, made where there is none yet."""
        vault = self._store.vault
        return await self._store.write(lambda connection: [_issue(connection, vault, place, now) for place in places])

    async def revoke(self, places: Collection[str], now: datetime) -> int:
        """The codes of these places lead nowhere from now on; returns how many there were."""
        return await self._store.write(lambda connection: _revoke(connection, places, now))

    async def place(self, token: str) -> str | None:
        """The place this token was issued for; None when it is no token of ours, or revoked."""
        identity = self._identity(token)
        if identity is None:
            return None
        return await self._store.read(lambda connection: _place(connection, identity))

    async def issued(self) -> list[str]:
        """The places that have a valid door plate."""
        return await self._store.read(
            lambda connection: [
                row["place"]
                for row in connection.execute("SELECT place FROM door_plates WHERE revoked_at IS NULL ORDER BY place")
            ]
        )

    def _identity(self, token: str) -> bytes | None:
        if not _TOKEN.fullmatch(token):
            return None
        data = base64.urlsafe_b64decode(token)
        half, proof = data[:_HALF], data[_HALF:]
        try:
            ours = hmac.compare_digest(_proof(self._store.vault, half), proof)
        except VaultError:  # without its key nobody can tell; the table still knows every half by its hash
            return half
        return half if ours else None


def _proof(vault: Vault, half: bytes) -> bytes:
    return vault.mac(_PURPOSE, half)[:_HALF]


def _hash(half: bytes) -> bytes:
    return hashlib.sha256(half).digest()


def _issue(connection: sqlite3.Connection, vault: Vault, place: str, now: datetime) -> DoorPlate:
    row = connection.execute("SELECT * FROM door_plates WHERE place = ? AND revoked_at IS NULL", (place,)).fetchone()
    if row is not None:
        return DoorPlate(place, _token(vault, vault.decrypt(row["token"])), from_us(row["issued_at"]))
    half = secrets.token_bytes(_HALF)
    connection.execute(
        "INSERT INTO door_plates (id, place, token, issued_at) VALUES (?, ?, ?, ?)",
        (_hash(half), place, vault.encrypt(half), to_us(now)),
    )
    return DoorPlate(place, _token(vault, half), now)


def _token(vault: Vault, half: bytes) -> str:
    return base64.urlsafe_b64encode(half + _proof(vault, half)).decode()


def _revoke(connection: sqlite3.Connection, places: Collection[str], now: datetime) -> int:
    return sum(
        connection.execute(
            "UPDATE door_plates SET revoked_at = ? WHERE place = ? AND revoked_at IS NULL", (to_us(now), place)
        ).rowcount
        for place in places
    )


def _place(connection: sqlite3.Connection, half: bytes) -> str | None:
    row = connection.execute(
        "SELECT place FROM door_plates WHERE id = ? AND revoked_at IS NULL", (_hash(half),)
    ).fetchone()
    return row["place"] if row else None
