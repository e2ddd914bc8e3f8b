"""Who may come in: accounts with passwords, and how fast passwords may be tried."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping

TRIES = 5
"""Wrong passwords one address may give for one account before it has to wait."""
SECONDS_A_TRY = 12.0
"""How long it takes until it may try once more: five a minute is no use to a guesser and does for a technician."""
MOST_REMEMBERED = 4096


class Accounts:
    """Checks passwords in constant time, and no faster than the limit for an address and account.

    The limit is for the pair, so that one device with an old password does not lock out its neighbours
    behind the same address.
    """

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._key = secrets.token_bytes(32)
        self._digests = {user: self._digest(password.encode()) for user, password in passwords.items()}
        self._nobody = self._digest(secrets.token_bytes(32))
        self._wrong: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def become(self, passwords: Mapping[str, str]) -> set[str]:
        """These are the accounts from now on; returns those that are gone or have another password."""
        former, self._digests = self._digests, {user: self._digest(word.encode()) for user, word in passwords.items()}
        return {user for user, digest in former.items() if self._digests.get(user) != digest}

    def admits(self, user: str | None, password: bytes | None, address: str, now: float) -> bool:
        """Whether this is the account's password and `address` has tries left; `now` in monotonic seconds."""
        known = user is not None and user in self._digests
        expected = self._digests[user] if user is not None and known else self._nobody
        right = hmac.compare_digest(expected, self._digest(password or b""))
        key = (address, user if known and user is not None else "")
        count = self._count(key, now)
        if count > TRIES - 1:
            return False
        if known and right:
            return True
        self._remember(key, count + 1, now)
        return False

    def _digest(self, password: bytes) -> bytes:
        return hmac.new(self._key, password, hashlib.sha256).digest()

    def _count(self, key: tuple[str, str], now: float) -> float:
        """Wrong tries that still weigh: they drain away with time."""
        count, since = self._wrong.get(key, (0.0, now))
        return max(0.0, count - (now - since) / SECONDS_A_TRY)

    def _remember(self, key: tuple[str, str], count: float, now: float) -> None:
        self._wrong[key] = (count, now)
        self._wrong.move_to_end(key)
        while len(self._wrong) > MOST_REMEMBERED:
            self._wrong.popitem(last=False)
