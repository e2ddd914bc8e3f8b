"""Who may sign in, as rows. Tokens are kept as their hash: the table lets nobody in."""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gateway.auth.passwords import MAX_LENGTH, MIN_LENGTH, Passwords
from gateway.errors import Conflict, NotFound, Refused
from gateway.model import Role
from gateway.store import Store
from gateway.store.columns import from_us, to_us

_NAME = re.compile(r"[\w][\w.@-]{0,39}")
TOKEN_PREFIX = "anju_"


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: Role
    created_at: datetime


class Users:
    """What `anju users` does; the running gateway sees it at once."""

    def __init__(self, store: Store, passwords: Passwords) -> None:
        self._store = store
        self._passwords = passwords

    async def all(self) -> list[User]:
        return await self._store.read(
            lambda connection: [
                User(row["name"], Role(row["role"]), from_us(row["created_at"]))
                for row in connection.execute("SELECT name, role, created_at FROM web_users ORDER BY name")
            ]
        )

    async def add(self, name: str, role: Role, password: str, now: datetime) -> None:
        """Raises Refused for a name that can't be one, Conflict when it is taken."""
        if not _NAME.fullmatch(name):
            raise Refused(f"user name {name!r}: use 1 to 40 letters, digits, '.', '-', '_' or '@'")
        hashed = await self._passwords.hash(password)
        await self._store.write(lambda connection: _add(connection, name, role, hashed, now))

    async def set_password(self, name: str, password: str) -> None:
        """Also ends every session of the user; tokens for programs stay. Raises NotFound."""
        hashed = await self._passwords.hash(password)
        await self._store.write(lambda connection: _set_password(connection, name, hashed))

    async def remove(self, name: str) -> None:
        """With every session and token of theirs. Raises NotFound. Their steps stay on record."""
        await self._store.write(lambda connection: _remove(connection, name))

    async def issue_token(self, name: str, now: datetime) -> str:
        """A long-lived token for a program that acts as this user; it can't be shown again. Raises NotFound."""
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        await self._store.write(lambda connection: _add_token(connection, name, token_hash(token), now))
        return token

    async def revoke_tokens(self, name: str) -> int:
        """Every token of the user is void from now on; returns how many there were. Raises NotFound."""
        return await self._store.write(lambda connection: _revoke_tokens(connection, name))


def password_weakness(name: str, password: str) -> str | None:
    """Why a password is too weak to be set by a person, or None."""
    if len(password) < MIN_LENGTH:
        return f"it has {len(password)} characters, {MIN_LENGTH} is the least"
    if len(password) > MAX_LENGTH:
        return f"it has {len(password)} characters, {MAX_LENGTH} is the most"
    if name.lower() in password.lower() or len(set(password)) < 4:
        return "it is too easy to guess"
    return None


def token_hash(token: str) -> bytes:
    """What is kept of a token; 256 bits of chance need no slow hash."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()


def _add(connection: sqlite3.Connection, name: str, role: Role, password: str, now: datetime) -> None:
    if connection.execute("SELECT 1 FROM web_users WHERE name = ?", (name,)).fetchone():
        raise Conflict(f"there is a user {name!r} already")
    connection.execute(
        "INSERT INTO web_users (name, role, password, created_at) VALUES (?, ?, ?, ?)",
        (name, role.value, password, to_us(now)),
    )


def _set_password(connection: sqlite3.Connection, name: str, password: str) -> None:
    _known(connection.execute("UPDATE web_users SET password = ? WHERE name = ?", (password, name)).rowcount, name)
    connection.execute("DELETE FROM web_sessions WHERE user = ?", (name,))


def _remove(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("DELETE FROM web_sessions WHERE user = ?", (name,))
    connection.execute("DELETE FROM web_tokens WHERE user = ?", (name,))
    _known(connection.execute("DELETE FROM web_users WHERE name = ?", (name,)).rowcount, name)


def _add_token(connection: sqlite3.Connection, name: str, token: bytes, now: datetime) -> None:
    rows = connection.execute(
        "INSERT INTO web_tokens (token, user, created_at) SELECT ?, name, ? FROM web_users WHERE name = ?",
        (token, to_us(now), name),
    ).rowcount
    _known(rows, name)


def _revoke_tokens(connection: sqlite3.Connection, name: str) -> int:
    _known(len(connection.execute("SELECT 1 FROM web_users WHERE name = ?", (name,)).fetchall()), name)
    return connection.execute("DELETE FROM web_tokens WHERE user = ?", (name,)).rowcount


def _known(rows: int, name: str) -> None:
    if not rows:
        raise NotFound(f"there is no user {name!r}")
