"""Checks whether the session behind a long-lived connection (a WebSocket) is still valid."""

from __future__ import annotations

import sqlite3

import structlog

from gateway.auth.accounts import Accounts
from gateway.auth.identity import Identity
from gateway.errors import AnjuError

log = structlog.get_logger(__name__)
CLOSE_SESSION_ENDED = 4401
"""WebSocket close code that tells the page to sign in again."""


async def session_is_valid(accounts: Accounts, identity: Identity) -> bool:
    """Whether the session still exists and its user still has the same role.

    Returns True while the database can't be read: a disk fault must not close the guards' screens.
    """
    try:
        present = await accounts.identity_of(identity.key)
    except (sqlite3.Error, OSError, AnjuError) as error:
        log.error("session lookup failed", why=str(error))
        return True
    return present is not None and present.role is identity.role
