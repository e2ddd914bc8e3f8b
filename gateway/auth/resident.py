"""Who a resident's request is authenticated as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ResidentIdentity:
    """A resident on a phone that is signed in.

    `person` is their id in the register, `device` the id of the remembered phone, `key` the hash of its token. Which
    rooms they may act for is asked of the register at each request, so that it ends with the day they move out.
    """

    person: str
    device: str
    key: bytes
    expires_at: datetime


class ResidentSessions(Protocol):
    """Finds who a resident's token belongs to."""

    async def find(self, token: str) -> ResidentIdentity | None:
        """The resident behind the token of a remembered phone; None when it has ended."""
