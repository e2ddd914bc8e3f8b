"""Users, and who a request is authenticated as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.model import Role


@dataclass(frozen=True, slots=True)
class User:
    """An account, without its password hash."""

    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request is authenticated as.

    `key` is the hash of the session or API token it came with. An API token does not expire (`expires_at` is None).
    """

    user: str
    role: Role
    expires_at: datetime | None
    key: bytes
