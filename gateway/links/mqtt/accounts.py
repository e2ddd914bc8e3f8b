"""The device accounts: who may sign in, and how fast passwords may be tried."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from gateway.limits import RateLimit, network

FREE_ATTEMPTS = 5
"""Wrong passwords from one address for one account before the next one is answered late."""
FORGOTTEN_AFTER = timedelta(minutes=1)
"""How long until so many wrong passwords are forgotten again, one after the other."""
MAX_DELAY_S = 5.0
"""How long the answer to a wrong password is delayed at most: a client that waits holds a connection."""


class DeviceAccounts:
    """Checks passwords in constant time. Delays the answer to a wrong one; never locks an account.

    A check costs a microsecond, so every password is checked, however many wrong ones came before: a device must not
    be locked out by whoever tries passwords beside it, from the same address or for the same account.
    """

    def __init__(self, passwords: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._key = secrets.token_bytes(32)
        self._digests = {user: self._digest(password.encode()) for user, password in passwords.items()}
        self._no_account = self._digest(secrets.token_bytes(32))
        self._wrong = RateLimit(FREE_ATTEMPTS, FORGOTTEN_AFTER, clock)

    def replace(self, passwords: Mapping[str, str]) -> set[str]:
        """Replace all accounts. Returns the users that are gone or have another password now."""
        former, self._digests = self._digests, {user: self._digest(word.encode()) for user, word in passwords.items()}
        return {user for user, digest in former.items() if self._digests.get(user) != digest}

    def exists(self, user: str | None) -> bool:
        """Whether there is such an account."""
        return user in self._digests

    def is_valid(self, user: str | None, password: bytes | None) -> bool:
        """Whether this is the account's password."""
        # Compared even where there is no such account: the time of the answer must not say which accounts exist.
        expected = self._no_account if user is None else self._digests.get(user, self._no_account)
        right = hmac.compare_digest(expected, self._digest(password or b""))
        # Without an account no password is right, not even one that has the random digest.
        return right and expected is not self._no_account

    def delay_after_failure(self, user: str | None, address: str) -> float:
        """Count a wrong password and return after how many seconds to answer it.

        All accounts that do not exist count as one, or made-up names would be free attempts.
        """
        key = network(address), user if self.exists(user) else None
        delay = self._wrong.wait_for(key)
        self._wrong.count(key)
        return min(delay, MAX_DELAY_S)

    def _digest(self, password: bytes) -> bytes:
        return hmac.new(self._key, password, hashlib.sha256).digest()
