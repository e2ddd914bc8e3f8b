"""Who may come in: accounts with passwords, and how fast passwords may be tried."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from gateway.limits import RateLimit, network

TRIES = 5
"""Wrong passwords one address may give for one account before the next waits for its answer."""
FORGOTTEN = timedelta(minutes=1)
"""Until so many wrong ones are forgotten again, one after the other."""
LONGEST_WAIT_S = 5.0
"""How long a wrong one waits at most: one that waits holds a connection."""


class DeviceAccounts:
    """Checks passwords in constant time. A wrong one is answered late after some; the right one gets in at once.

    To check costs a microsecond, so nothing is gained by not looking: a device must not be locked out by whoever
    tries passwords beside it, from the same address or for the same account.
    """

    def __init__(self, passwords: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._digests = {user: self._digest(password.encode()) for user, password in passwords.items()}
        self._nobody = self._digest(secrets.token_bytes(32))
        self._wrong = RateLimit(TRIES, FORGOTTEN, clock)

    def become(self, passwords: Mapping[str, str]) -> set[str]:
        """These are the accounts from now on; returns those that are gone or have another password."""
        former, self._digests = self._digests, {user: self._digest(word.encode()) for user, word in passwords.items()}
        return {user for user, digest in former.items() if self._digests.get(user) != digest}

    def knows(self, user: str | None) -> bool:
        return user in self._digests

    def admits(self, user: str | None, password: bytes | None) -> bool:
        """Whether this is the account's password."""
        expected = self._nobody if user is None else self._digests.get(user, self._nobody)
        right = hmac.compare_digest(expected, self._digest(password or b""))
        return right and expected is not self._nobody

    def wait_after_wrong(self, user: str | None, address: str) -> float:
        """Count a wrong one; seconds until it may be told so. Accounts that there are not count as one."""
        key = network(address), user if self.knows(user) else None
        wait = self._wrong.wait_for(key)
        self._wrong.count(key)
        return min(wait, LONGEST_WAIT_S)

    def _digest(self, password: bytes) -> bytes:
        return hmac.new(self._key, password, hashlib.sha256).digest()
