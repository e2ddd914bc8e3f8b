"""Users, sessions and tokens as rows of `web_users`, `web_sessions` and `web_tokens`.

Session and API tokens are stored as SHA-256 hashes only, so a copy of the tables signs nobody in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import datetime, timedelta

from gateway.auth.identity import Identity, User
from gateway.errors import Conflict, NotFound
from gateway.model import Role
from gateway.store.columns import from_us, to_us


def users(connection: sqlite3.Connection) -> list[User]:
    """All users, sorted by name."""
    rows = connection.execute("SELECT name, role, created_at FROM web_users ORDER BY name")
    return [User(row["name"], Role(row["role"]), from_us(row["created_at"])) for row in rows]


def users_with_roles(connection: sqlite3.Connection, roles: Collection[Role]) -> list[tuple[str, Role]]:
    """Name and role of every user who has one of `roles`, sorted by name."""
    return [(user.name, user.role) for user in users(connection) if user.role in roles]


def credentials(connection: sqlite3.Connection, name: str) -> tuple[Role, str] | None:
    """The user's role and password hash; None when there is no such user."""
    row = connection.execute("SELECT role, password FROM web_users WHERE name = ?", (name,)).fetchone()
    return (Role(row["role"]), row["password"]) if row else None


def add_user(connection: sqlite3.Connection, name: str, role: Role, password_hash: str, now: datetime) -> None:
    """Raises Conflict when the name is taken."""
    if connection.execute("SELECT 1 FROM web_users WHERE name = ?", (name,)).fetchone():
        raise Conflict(f"there is a user {name!r} already")
    connection.execute(
        "INSERT INTO web_users (name, role, password, created_at) VALUES (?, ?, ?, ?)",
        (name, role.value, password_hash, to_us(now)),
    )


def set_password(connection: sqlite3.Connection, name: str, password_hash: str) -> None:
    """Also deletes the user's sessions. Raises NotFound."""
    changed = connection.execute("UPDATE web_users SET password = ? WHERE name = ?", (password_hash, name)).rowcount
    _require_user(changed, name)
    connection.execute("DELETE FROM web_sessions WHERE user = ?", (name,))


def remove_user(connection: sqlite3.Connection, name: str) -> None:
    """Also deletes the user's sessions and tokens. Raises NotFound."""
    connection.execute("DELETE FROM web_sessions WHERE user = ?", (name,))
    connection.execute("DELETE FROM web_tokens WHERE user = ?", (name,))
    _require_user(connection.execute("DELETE FROM web_users WHERE name = ?", (name,)).rowcount, name)


def add_token(connection: sqlite3.Connection, name: str, token: bytes, now: datetime) -> None:
    """`token` is the hash of the API token. Raises NotFound."""
    inserted = connection.execute(
        "INSERT INTO web_tokens (token, user, created_at) SELECT ?, name, ? FROM web_users WHERE name = ?",
        (token, to_us(now), name),
    ).rowcount
    _require_user(inserted, name)


def revoke_tokens(connection: sqlite3.Connection, name: str) -> int:
    """Delete all API tokens of the user; returns how many there were. Raises NotFound."""
    _require_user(len(connection.execute("SELECT 1 FROM web_users WHERE name = ?", (name,)).fetchall()), name)
    return connection.execute("DELETE FROM web_tokens WHERE user = ?", (name,)).rowcount


def add_session(
    connection: sqlite3.Connection, key: bytes, user: str, created_at: datetime, expires_at: datetime
) -> None:
    """Also deletes the sessions of all users that have expired."""
    connection.execute("DELETE FROM web_sessions WHERE expires_at <= ?", (to_us(created_at),))
    connection.execute(
        "INSERT INTO web_sessions (token, user, created_at, expires_at) VALUES (?, ?, ?, ?)",
        (key, user, to_us(created_at), to_us(expires_at)),
    )


def renew_session(
    connection: sqlite3.Connection, key: bytes, expires_at: datetime, max_age: timedelta
) -> datetime | None:
    """Move the expiry to `expires_at`, but not beyond `max_age` after the sign-in; returns the new expiry.

    Never shortens a session. None when there is no such session any more.
    """
    rows = connection.execute(
        "UPDATE web_sessions SET expires_at = max(expires_at, min(?, created_at + ?)) WHERE token = ?"
        " RETURNING expires_at",
        (to_us(expires_at), max_age // timedelta(microseconds=1), key),
    ).fetchall()
    return from_us(rows[0]["expires_at"]) if rows else None


def delete_session(connection: sqlite3.Connection, key: bytes) -> None:
    """Does nothing when there is no such session."""
    connection.execute("DELETE FROM web_sessions WHERE token = ?", (key,))


def session_identity(connection: sqlite3.Connection, key: bytes, now: datetime) -> Identity | None:
    """The user of an unexpired session."""
    row = connection.execute(
        "SELECT name, role, expires_at FROM web_sessions JOIN web_users ON name = user"
        " WHERE token = ? AND expires_at > ?",
        (key, to_us(now)),
    ).fetchone()
    return Identity(row["name"], Role(row["role"]), from_us(row["expires_at"]), key) if row else None


def token_identity(connection: sqlite3.Connection, key: bytes) -> Identity | None:
    """The user an API token acts as."""
    row = connection.execute(
        "SELECT name, role FROM web_tokens JOIN web_users ON name = user WHERE token = ?", (key,)
    ).fetchone()
    return Identity(row["name"], Role(row["role"]), None, key) if row else None


def _require_user(changed_rows: int, name: str) -> None:
    if not changed_rows:
        raise NotFound(f"there is no user {name!r}")
