"""Passwords in argon2id, hashed beside the loop and few at a time: each takes 64 MiB and a core."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import TooMany

_AT_ONCE = 2
_WAITING = 20
SHORTEST = 8
LONGEST = 200


class Passwords:
    """With the parameters of RFC 9106, section 4, second choice (64 MiB, t=3, p=4)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, known: str | None, password: str) -> bool:
        """Whether the password is the one behind the hash; takes as long for nobody (None) as for anybody.

        Raises TooMany when too many sign-ins wait for their turn.
        """
        if self._waiting >= _WAITING:
            raise TooMany("too many sign-ins at once", 5)
        self._waiting += 1
        try:
            if self._nobody is None:
                self._nobody = await self.hash("nobody has this password")
            async with self._turns:
                same = await asyncio.to_thread(self._verify, known or self._nobody, password)
        finally:
            self._waiting -= 1
        return same and known is not None

    def outdated(self, known: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(known)

    def _verify(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False
