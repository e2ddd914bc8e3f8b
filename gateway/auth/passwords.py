"""Passwords in argon2id, hashed beside the loop and few at a time: each takes 64 MiB and a core."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import TooMany

_AT_ONCE = 2
_WAITING = 20
_REMEMBERED = 1000
MIN_LENGTH = 8
MAX_LENGTH = 200


class Passwords:
    """With the parameters of RFC 9106, section 4, second choice (64 MiB, t=3, p=4)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobody: str | None = None
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[str, bytes] = OrderedDict()

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, known: str | None, password: str) -> bool:
        """Whether the password is the one behind the hash; takes as long for nobody (None) as for anybody.

        One that was right before is known again at once, so that a flood of wrong ones keeps no guard out.
        Raises TooMany when too many sign-ins wait for their turn.
        """
        digest = hmac.digest(self._key, password.encode(errors="replace"), "sha256")
        if known is not None and hmac.compare_digest(self._right.get(known, b""), digest):
            return True
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
        if same and known is not None:
            self._remember(known, digest)
        return same and known is not None

    def _remember(self, known: str, digest: bytes) -> None:
        """By the hash on record, which a new password changes; the key is this process's alone."""
        self._right[known] = digest
        if len(self._right) > _REMEMBERED:
            self._right.popitem(last=False)

    def outdated(self, known: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(known)

    def _verify(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False
