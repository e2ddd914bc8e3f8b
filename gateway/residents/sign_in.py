"""Signing in with a number and a one-time code.

Neither the answer nor the work tells whether a number is in the register: every number gets a code and a row, and who
it belongs to is asked afterwards, in the background, where the message is sent. A try counts and compares in one
transaction, also where there is no code; the register is asked only for a code that was right.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.errors import NotRecorded
from gateway.residents import rows
from gateway.residents.code_sender import CodeSender
from gateway.residents.devices import Devices, SignedIn
from gateway.residents.digests import code_digest, phone_digest
from gateway.residents.directory import Directory
from gateway.residents.limits import SignInLimits
from gateway.residents.types import Settings, WrongCode
from gateway.store import Store
from gateway.store.vault import VaultError

_NO_DIGEST = bytes(32)
_DIGITS = 6


class SignIn:
    """`settings` is the section sign_in of residents.yaml."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Settings,
        directory: Directory,
        devices: Devices,
        sender: CodeSender,
        limits: SignInLimits,
    ) -> None:
        self._store, self._now, self._settings = store, now, settings
        self._directory, self._devices, self._sender, self._limits = directory, devices, sender, limits

    @property
    def valid_for(self) -> timedelta:
        """How long a code by message signs in."""
        return self._settings().code_valid

    async def ask(self, number: str, address: str, door: str = "") -> None:
        """Have a code sent to the number, if it is a resident's. Raises TooMany and NotRecorded."""
        phone = self._phone(number)
        self._limits.ask(phone, address, door)
        settings = self._settings()
        code, expires_at = await self._new_code(phone, settings.code_valid, None, "message")
        if settings.notifier is not None:
            self._sender.hand_over(number, code, expires_at)

    async def make_code(self, number: str, person: str) -> tuple[str, datetime]:
        """A code for a person who stands at the counter, and until when it is valid. Raises NotRecorded."""
        return await self._new_code(self._phone(number), self._settings().counter_valid, person, "counter")

    async def sign_in(self, number: str, code: str, address: str, device: str) -> SignedIn:
        """Sign in on a phone; `device` is its name. Raises WrongCode, TooMany and NotRecorded."""
        phone = self._phone(number)
        self._limits.attempt(phone, address)
        found = await self._take_code(phone, code)
        person = await self._whose(found, number) if found is not None else None
        if found is None or person is None:
            self._limits.wrong(address)
            raise WrongCode("the code is wrong or no longer valid")
        self._limits.right(phone, address)
        return await self._devices.remember(person, found.way, device, self._settings().remember)

    async def _new_code(self, phone: bytes, valid: timedelta, person: str | None, way: str) -> tuple[str, datetime]:
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        digest, expires_at = code_digest(self._store.vault, phone, code), self._now() + valid
        await self._store.write(lambda connection: rows.put_code(connection, phone, digest, expires_at, person, way))
        return code, expires_at

    async def _take_code(self, phone: bytes, code: str) -> rows.Code | None:
        """The stored code, used up, when this is it. Does the same whether there is one or not."""
        digest, now, most = code_digest(self._store.vault, phone, code), self._now(), self._settings().code_tries

        def unit(connection: sqlite3.Connection) -> rows.Code | None:
            found = rows.try_code(connection, phone)
            same = hmac.compare_digest(found.digest if found else _NO_DIGEST, digest)
            if found is None or not same or found.tries > most or found.expires_at <= now:
                return None
            rows.delete_code(connection, phone)
            return found

        return await self._store.write(unit)

    async def _whose(self, code: rows.Code, number: str) -> str | None:
        """Who signs in with a code that was right."""
        if code.person is not None:
            return code.person if self._directory.rooms(code.person) else None
        return next(iter(await self._directory.with_number(number)), None)

    def _phone(self, number: str) -> bytes:
        try:
            return phone_digest(self._store.vault, number)
        except VaultError as error:
            raise NotRecorded(f"nobody can sign in: {error}") from error
