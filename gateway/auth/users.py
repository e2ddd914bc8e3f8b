"""Administration of users and their API tokens, as `anju users` does it."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime

from gateway.auth import rows
from gateway.auth.identity import User
from gateway.auth.passwords import MAX_LENGTH, MIN_LENGTH, Passwords
from gateway.errors import Refused
from gateway.model import Role
from gateway.store import Store

_NAME = re.compile(r"[\w][\w.@-]{0,39}")
TOKEN_PREFIX = "anju_"  # noqa: S105  # what every API token begins with
"""Tells an API token from a session token, and lets secret scanners find one."""


class Users:
    """Changes users in the database; a running gateway sees the change at the next request."""

    def __init__(self, store: Store, passwords: Passwords) -> None:
        self._store = store
        self._passwords = passwords

    async def all(self) -> list[User]:
        """All users, sorted by name."""
        return await self._store.read(rows.users)

    async def add(self, name: str, role: Role, password: str, now: datetime) -> None:
        """Raises Refused for an invalid name, Conflict when it is taken."""
        if not _NAME.fullmatch(name):
            raise Refused(f"user name {name!r}: use 1 to 40 letters, digits, '.', '-', '_' or '@'")
        hashed = await self._passwords.hash(password)
        await self._store.write(lambda connection: rows.add_user(connection, name, role, hashed, now))

    async def set_password(self, name: str, password: str) -> None:
        """Also ends every session of the user; API tokens stay valid. Raises NotFound."""
        hashed = await self._passwords.hash(password)
        await self._store.write(lambda connection: rows.set_password(connection, name, hashed))

    async def remove(self, name: str) -> None:
        """Also ends the user's sessions and API tokens. What the user did stays on record. Raises NotFound."""
        await self._store.write(lambda connection: rows.remove_user(connection, name))

    async def issue_token(self, name: str, now: datetime) -> str:
        """Create a long-lived API token for a program that acts as this user. Raises NotFound.

        Only its hash is stored: the token can't be shown a second time.
        """
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        await self._store.write(lambda connection: rows.add_token(connection, name, token_hash(token), now))
        return token

    async def revoke_tokens(self, name: str) -> int:
        """Revoke all API tokens of the user; returns how many there were. Raises NotFound."""
        return await self._store.write(lambda connection: rows.revoke_tokens(connection, name))


def password_weakness(name: str, password: str) -> str | None:
    """Why a password that a person chose is too weak; None when it is acceptable."""
    if len(password) < MIN_LENGTH:
        return f"it has {len(password)} characters, {MIN_LENGTH} is the minimum"
    if len(password) > MAX_LENGTH:
        return f"it has {len(password)} characters, {MAX_LENGTH} is the maximum"
    if name.lower() in password.lower() or len(set(password)) < 4:
        return "it is too easy to guess"
    return None


def token_hash(token: str) -> bytes:
    """SHA-256 of a session or API token, as it is stored. 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()
