"""Codes that arm and disarm a home. A person may have a normal one, and one that says they are under duress (胁迫)."""

from __future__ import annotations

import hmac
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.errors import Conflict, Refused
from gateway.homes import rows
from gateway.limits import RateLimit
from gateway.store import Store
from gateway.store.vault import Vault

_CODE = re.compile(r"[0-9]{4,8}")
WRONG_CODES, WITHIN = 5, timedelta(minutes=15)
"""Wrong codes for one home at one keypad or by one person; then one every three minutes."""


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """Whose code it was. `duress`: the person is forced to."""

    person: str
    duress: bool


class WrongCode(Refused):
    """The code belongs to nobody of the home."""


class HomeCodes:
    """Compares codes by their MACs. `may_use` says whether a person may arm the home at a time."""

    def __init__(self, store: Store, may_use: Callable[[str, str, datetime], bool]) -> None:
        self._store = store
        self._may_use = may_use
        self._wrong = RateLimit(WRONG_CODES, WITHIN)

    async def match(self, place: str, code: str, at: datetime, source: str) -> CodeMatch:
        """Whose code it is. `source`: the keypad, or who asks.

        Raises WrongCode, TooMany after too many wrong ones, VaultError, NotRecorded.
        """
        self._wrong.take((place, source))  # counted first, so that many at once are not many guesses
        digest = digest_of(self._store.vault, place, code)
        found = await self._store.read(lambda connection: rows.codes(connection, place))
        match = None
        for row in found:  # all of them: the time says nothing
            if hmac.compare_digest(row.digest, digest):
                match = CodeMatch(row.person, row.duress)
        if match is None or not self._may_use(match.person, place, at):
            raise WrongCode("this code is not known here")
        self._wrong.refund((place, source))
        return match

    async def has_code(self, place: str, person: str) -> bool:
        """Whether the person has a code for this home."""
        return any(row.person == person for row in await self._store.read(lambda c: rows.codes(c, place)))

    def check_new(self, code: str, duress: str | None) -> None:
        """Raise Refused for codes that can't be codes, or are the same."""
        for each in (code, duress):
            if each is not None and (_CODE.fullmatch(each) is None or len(set(each)) == 1):
                raise Refused("a code has 4 to 8 digits, and not one digit alone")
        if code == duress:
            raise Refused("the code for duress must be another")

    def set_codes(
        self, connection: sqlite3.Connection, place: str, person: str, code: str, duress: str | None, at: datetime
    ) -> None:
        """Replace the person's codes, in the caller's transaction. Raises Conflict for one that somebody has."""
        vault = self._store.vault
        wanted = [rows.CodeRow(person, False, digest_of(vault, place, code))]
        if duress is not None:
            wanted.append(rows.CodeRow(person, True, digest_of(vault, place, duress)))
        others = {row.digest for row in rows.codes(connection, place) if row.person != person}
        if any(row.digest in others for row in wanted):
            raise Conflict("choose another code")
        rows.delete_codes(connection, place, person)
        for row in wanted:
            rows.put_code(connection, place, row, at)


def digest_of(vault: Vault, place: str, code: str) -> bytes:
    """The MAC of a code of this home. Raises VaultError without a usable key."""
    return vault.mac("home code", f"{place}\n{code}".encode())
