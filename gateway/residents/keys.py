"""Keys on paper: a QR code in a letter, or at the counter, that signs one person in on one phone, once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.errors import NotFound
from gateway.model import Action, Step
from gateway.residents import rows
from gateway.residents.devices import Devices, SignedIn
from gateway.residents.digests import plain_number
from gateway.residents.directory import Directory
from gateway.residents.limits import SignInLimits
from gateway.residents.sign_in import SignIn
from gateway.residents.types import Act, Settings, WrongCode
from gateway.store import Store, audit
from gateway.store.signed_token import SignedTokens, hash_of
from gateway.store.vault import Vault

_PURPOSE = "resident key"


@dataclass(frozen=True, slots=True)
class Key:
    """`token` is the end of the address in the QR code. `code` signs in too, with the person's number."""

    person: str
    token: str
    expires_at: datetime
    code: str | None = None


class Keys:
    """Makes and takes keys."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Settings,
        directory: Directory,
        devices: Devices,
        sign_in: SignIn,
        limits: SignInLimits,
        act: Act,
    ) -> None:
        self._store, self._now, self._settings, self._directory = store, now, settings, directory
        self._devices, self._sign_in, self._limits, self._act = devices, sign_in, limits, act

    async def at_the_counter(self, person: str, by: str) -> Key:
        """For a person who stands there. Raises NotFound when they live nowhere here, and NotRecorded."""
        known = self._directory.person(person)
        if known is None:
            raise NotFound("there is no such resident")
        key = await self._make(person, "counter", by)
        number = plain_number(known.phone)
        if number is None:
            return key
        code, _ = await self._sign_in.make_code(number, person)
        return Key(key.person, key.token, key.expires_at, code)

    async def for_letter(self, person: str, by: str) -> Key:
        """For a letter to a person. Raises NotFound and NotRecorded."""
        if self._directory.person(person) is None:
            raise NotFound("there is no such resident")
        return await self._make(person, "letter", by)

    async def whose(self, token: str) -> str | None:
        """The person whose key this is, while it may be used."""
        half = self._tokens().verified_half(token)
        if half is None:
            return None
        key, now = hash_of(half), self._now()
        found = await self._store.read(partial(rows.key_person, key=key, now=now))
        return found[0] if found is not None and self._directory.rooms(found[0]) else None

    async def use(self, token: str, address: str, device: str) -> SignedIn:
        """Sign in on a phone and use the key up. Raises WrongCode, TooMany and NotRecorded."""
        self._limits.attempt_key(address)
        half, now = self._tokens().verified_half(token), self._now()
        found = await self._store.write(lambda connection: _take(connection, hash_of(half or b""), now))
        if half is None or found is None or not self._directory.rooms(found[0]):
            self._limits.wrong_key(address)
            raise WrongCode("the QR code is not valid any more")
        return await self._devices.remember(found[0], found[1], device, self._settings().remember)

    async def _make(self, person: str, way: str, by: str) -> Key:
        now, settings, vault = self._now(), self._settings(), self._store.vault
        expires_at = now + (settings.letter_valid if way == "letter" else settings.counter_valid)
        tokens: list[str] = []

        def unit(connection: sqlite3.Connection) -> None:
            tokens.append(issue_key(connection, vault, person, way, by, now, expires_at))

        action = Action(kind="resident.key_made", user=by, time=now, data={"person": person, "way": way})
        await self._act(action, unit)
        return Key(person, tokens[-1], expires_at)

    def _tokens(self) -> SignedTokens:
        return SignedTokens(self._store.vault, _PURPOSE)


def issue_key(
    connection: sqlite3.Connection, vault: Vault, person: str, way: str, by: str, now: datetime, expires_at: datetime
) -> str:
    """Add a key with its audit step; returns its token, which is kept nowhere."""
    tokens = SignedTokens(vault, _PURPOSE)
    half = tokens.new_half()
    rows.add_key(connection, hash_of(half), person, way, by, now, expires_at)
    audit.append(connection, Step("", "resident-key", by, now, data={"person": person, "way": way}))
    return tokens.token(half)


def _take(connection: sqlite3.Connection, key: bytes, now: datetime) -> tuple[str, str] | None:
    found = rows.key_person(connection, key, now)
    return found if found is not None and rows.use_key(connection, key, now) else None
