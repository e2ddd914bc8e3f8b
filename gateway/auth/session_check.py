"""Whether somebody on a long connection may stay on it."""

from __future__ import annotations

import sqlite3

import structlog

from gateway.auth.accounts import Accounts, Identity
from gateway.errors import AnjuError

log = structlog.get_logger(__name__)
CLOSE_SESSION_ENDED = 4401
"""Close code: sign in again."""


async def session_is_valid(accounts: Accounts, who: Identity) -> bool:
    """Whether the session stands, in the same role; while the record can't be asked, nobody is thrown out."""
    try:
        now = await accounts.still(who.key)
    except (sqlite3.Error, OSError, AnjuError) as error:
        log.error("a session can't be looked up", why=str(error))
        return True
    return now is not None and now.role is who.role
