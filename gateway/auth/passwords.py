"""Password hashing with argon2id. Each hash takes 64 MiB and a core, so it runs in a thread and few at a time."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import OrderedDict

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import TooMany

_MAX_CONCURRENT = 2
_MAX_WAITING = 20
_MAX_CACHED = 1000
MIN_LENGTH = 8
MAX_LENGTH = 200


class Passwords:
    """Hashes and verifies passwords with the parameters of RFC 9106, section 4, second choice (64 MiB, t=3, p=4)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)
        self._waiting = 0
        self._dummy_hash: str | None = None
        self._cache_key = secrets.token_bytes(32)
        self._verified: OrderedDict[str, bytes] = OrderedDict()

    async def hash(self, password: str) -> str:
        """The argon2id hash to store, with its parameters and salt in it."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, stored_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the stored hash. Takes equally long for an unknown user (None).

        Raises TooMany when too many sign-ins wait for a hash.
        """
        # A password that was verified before is found in the cache at once: a flood of wrong passwords, which fills
        # the queue below, then keeps no guard out.
        digest = hmac.digest(self._cache_key, password.encode(errors="replace"), "sha256")
        if stored_hash is not None and hmac.compare_digest(self._verified.get(stored_hash, b""), digest):
            return True
        if self._waiting >= _MAX_WAITING:
            raise TooMany("too many sign-ins at once", 5)
        self._waiting += 1
        try:
            if self._dummy_hash is None:
                self._dummy_hash = await self.hash("nobody has this password")
            async with self._slots:
                same = await asyncio.to_thread(self._verify, stored_hash or self._dummy_hash, password)
        finally:
            self._waiting -= 1
        if same and stored_hash is not None:
            self._cache(stored_hash, digest)
        return same and stored_hash is not None

    def _cache(self, stored_hash: str, digest: bytes) -> None:
        # Keyed by the stored hash, so a new password makes the entry useless. The HMAC key never leaves this process.
        self._verified[stored_hash] = digest
        if len(self._verified) > _MAX_CACHED:
            self._verified.popitem(last=False)

    def _verify(self, stored_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored_hash, password)
        except (VerificationError, InvalidHashError):
            return False
