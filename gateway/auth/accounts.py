"""Sign-in and sessions.

A session outlasts a shift of 14 hours. It ends after IDLE_TIMEOUT without use, after MAX_AGE in any case, and when the
user is removed or gets a new password.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from gateway.auth import rows
from gateway.auth.identity import Identity
from gateway.auth.passwords import Passwords
from gateway.auth.throttle import LoginThrottle
from gateway.auth.users import token_hash
from gateway.errors import NotRecorded, WrongPassword
from gateway.limits import RateLimit, Refusal, RefusalLog, network
from gateway.model import Role
from gateway.store import Store

log = structlog.get_logger(__name__)
IDLE_TIMEOUT = timedelta(hours=16)
MAX_AGE = timedelta(hours=24)
"""A session ends this long after the sign-in, however much it is used."""
_RENEW_AFTER = timedelta(minutes=5)
"""The expiry of a session in use is written at most this often, to save disk writes."""
WRONG_PASSWORD = Refusal("sign-in", "wrong user name or password")
_MAX_UNSAVED = 100
_MAX_KNOWN_ADDRESSES = 1000


@dataclass(frozen=True, slots=True)
class _UnsavedSession:
    """A session that could not be written to disk: a guard must be able to sign in and see that the disk is full."""

    identity: Identity
    password_hash: str


class Accounts:
    """Signs people in and finds who a session or API token belongs to.

    Wrong passwords delay the following attempts; they never lock an account, because anybody who tries passwords could
    then lock out every guard.
    """

    def __init__(
        self,
        store: Store,
        passwords: Passwords,
        now: Callable[[], datetime],
        refusals: RefusalLog | None = None,
        throttle: LoginThrottle | None = None,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now
        self._refusals = refusals or RefusalLog()
        self._throttle = throttle or LoginThrottle()
        self._by_user_and_address = RateLimit(5, timedelta(minutes=2.5))
        self._by_address = RateLimit(20, timedelta(minutes=10))
        self._by_user = RateLimit(30, timedelta(minutes=5))
        self._known_addresses: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._unsaved: dict[bytes, _UnsavedSession] = {}

    async def sign_in(self, user: str, password: str, address: str) -> tuple[str, Identity]:
        """Check the password and start a session; returns its token. Raises WrongPassword or TooMany."""
        return await self._start_session(user, *await self._checked(user, password, address))

    async def check(self, user: str, password: str, address: str) -> Role:
        """Check the password without a session, for a signature; returns the user's role.

        Raises WrongPassword or TooMany, as a sign-in does.
        """
        return (await self._checked(user, password, address))[0]

    async def _checked(self, user: str, password: str, address: str) -> tuple[Role, str]:
        """Role and password hash. The answer and its timing do not reveal whether the user exists."""
        limits = self._limits(user, network(address))
        delay = max(limit.wait_for(key) for limit, key in limits)
        # Counted before the password is checked, so that parallel guesses can't all pass under the limit.
        for limit, key in limits:
            limit.count(key)
        async with self._throttle.serialized(network(address), delay):
            found = await self._store.read(lambda connection: rows.credentials(connection, user))
            # Also hashes for an unknown user, so that both cases take equally long.
            matches = await self._passwords.matches(found[1] if found else None, password)
        if found is None or not matches:
            self._refusals.note(WRONG_PASSWORD, address=address)
            raise WrongPassword("the user name or the password is wrong")
        for limit, key in limits:
            limit.refund(key)
        self._remember_address(user, network(address))
        return found

    async def find_session(self, token: str) -> Identity | None:
        """The identity behind a session token, or None. Extends the session's expiry."""
        identity = await self.identity_of(token_hash(token))
        if identity is None or identity.expires_at is None:
            return None
        return await self._renew(identity)

    async def find_api_token(self, token: str) -> Identity | None:
        """The identity behind an API token, or None."""
        key = token_hash(token)
        return await self._store.read(lambda connection: rows.token_identity(connection, key))

    async def identity_of(self, key: bytes) -> Identity | None:
        """The present identity behind the hash of a session or API token; None when that has ended."""
        if (unsaved := self._unsaved.get(key)) is not None:
            return await self._unsaved_identity(unsaved)
        now = self._now()
        return await self._store.read(
            lambda connection: rows.session_identity(connection, key, now) or rows.token_identity(connection, key)
        )

    async def users_with_roles(self, roles: Collection[Role]) -> list[tuple[str, Role]]:
        """Name and role of every user who has one of `roles`, sorted by name."""
        return await self._store.read(lambda connection: rows.users_with_roles(connection, roles))

    async def role_of(self, user: str) -> Role | None:
        """None when there is no such user."""
        found = await self._store.read(lambda connection: rows.credentials(connection, user))
        return found[0] if found else None

    async def sign_out(self, token: str) -> Identity | None:
        """End the session; returns whose it was, None when it had ended already."""
        key = token_hash(token)
        identity = await self.identity_of(key)
        self._unsaved.pop(key, None)
        await self._store.write(lambda connection: rows.delete_session(connection, key))
        return identity

    def _limits(self, user: str, address: str) -> list[tuple[RateLimit, Hashable]]:
        """The limits an attempt counts for, each with its key."""
        limits: list[tuple[RateLimit, Hashable]] = [
            (self._by_user_and_address, (user, address)),
            (self._by_address, address),
        ]
        # From an address where the user has signed in before, other people's attempts on that name do not count.
        if (user, address) not in self._known_addresses:
            limits.append((self._by_user, user))
        return limits

    def _remember_address(self, user: str, address: str) -> None:
        self._known_addresses[user, address] = None
        self._known_addresses.move_to_end((user, address))
        if len(self._known_addresses) > _MAX_KNOWN_ADDRESSES:
            self._known_addresses.popitem(last=False)

    async def _start_session(self, user: str, role: Role, password_hash: str) -> tuple[str, Identity]:
        token = secrets.token_urlsafe(32)
        now = self._now()
        expires_at = now + IDLE_TIMEOUT
        identity = Identity(user, role, expires_at, token_hash(token))
        try:
            await self._store.write(
                lambda connection: rows.add_session(connection, identity.key, user, now, expires_at), urgent=True
            )
        except NotRecorded:
            if len(self._unsaved) >= _MAX_UNSAVED:
                raise
            self._unsaved[identity.key] = _UnsavedSession(identity, password_hash)
        return token, identity

    async def _unsaved_identity(self, unsaved: _UnsavedSession) -> Identity | None:
        identity = unsaved.identity
        found = await self._store.read(lambda connection: rows.credentials(connection, identity.user))
        expired = identity.expires_at is not None and identity.expires_at <= self._now()
        # A new password ends these sessions too; `rows.set_password` can't delete what is not in the table.
        if found is None or found[1] != unsaved.password_hash or expired:
            self._unsaved.pop(identity.key, None)
            return None
        return replace(identity, role=found[0])

    async def _renew(self, identity: Identity) -> Identity:
        expires_at = self._now() + IDLE_TIMEOUT
        if identity.key in self._unsaved or identity.expires_at is None:
            return identity
        if expires_at - identity.expires_at < _RENEW_AFTER:
            return identity
        try:
            renewed = await self._store.write(
                lambda connection: rows.renew_session(connection, identity.key, expires_at, MAX_AGE)
            )
        except NotRecorded:
            return identity  # a full disk must not sign anybody out
        return replace(identity, expires_at=renewed) if renewed else identity
