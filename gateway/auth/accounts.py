"""Sign-in and sessions: they outlast a shift of fourteen hours and end when the user's do."""

from __future__ import annotations

import secrets
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from gateway.auth.passwords import Passwords
from gateway.auth.throttle import LoginThrottle
from gateway.auth.users import hash_of
from gateway.errors import NotRecorded, WrongPassword
from gateway.limits import RateLimit, Refusal, RefusalLog, network
from gateway.model import Role
from gateway.store import Store
from gateway.store.columns import from_us, to_us

log = structlog.get_logger(__name__)
IDLE = timedelta(hours=16)
"""A session unused this long has ended."""
AT_MOST = timedelta(hours=24)
"""However much it is used."""
_SLIDES = timedelta(minutes=5)
"""How far a session must have run down before it is written anew."""
WRONG = Refusal("sign-in", "wrong user name or password")
_MOST_UNWRITTEN = 100
_MOST_FAMILIAR = 1000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who may be here. `key` is the hash of their session or token; a token's does not expire."""

    user: str
    role: Role
    expires_at: datetime | None
    key: bytes


@dataclass(frozen=True, slots=True)
class _Unwritten:
    """A session the disk would not take: a guard must get in to see that it is full."""

    who: SignedIn
    password: str


class Accounts:
    """Whoever was wrong often waits before the next try is looked at. The right password gets in after that wait: who
    locks out a guard by trying passwords would lock out every guard.
    """

    def __init__(
        self,
        store: Store,
        passwords: Passwords,
        now: Callable[[], datetime],
        refusals: RefusalLog | None = None,
        slow: LoginThrottle | None = None,
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now
        self._refusals = refusals or RefusalLog()
        self._slow = slow or LoginThrottle()
        self._by_pair = RateLimit(5, timedelta(minutes=2.5))
        self._by_address = RateLimit(20, timedelta(minutes=10))
        self._by_user = RateLimit(30, timedelta(minutes=5))
        self._familiar: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._unwritten: dict[bytes, _Unwritten] = {}

    async def sign_in(self, user: str, password: str, address: str) -> tuple[str, SignedIn]:
        """A new token and who it stands for. Raises WrongPassword or TooMany, the same for anyone."""
        tries = self._tries(user, network(address))
        wait = max(limit.wait_for(key) for limit, key in tries)
        for limit, key in tries:
            limit.count(key)
        async with self._slow.turn(network(address), wait):
            row = await self._user(user)
            matches = await self._passwords.matches(row["password"] if row else None, password)
        if row is None or not matches:
            self._refusals.note(WRONG, address=address)
            raise WrongPassword("the user name or the password is wrong")
        for limit, key in tries:
            limit.give_back(key)
        self._remember(user, network(address))
        return await self._begin(row)

    async def find(self, token: str) -> SignedIn | None:
        """Whose session this is; using it makes it last longer."""
        who = await self.still(hash_of(token))
        if who is None or who.expires_at is None:
            return None
        return await self._slide(who)

    async def find_bearer(self, token: str) -> SignedIn | None:
        """Whose program's token this is."""
        key = hash_of(token)
        return await self._store.read(lambda connection: _bearer(connection, key))

    async def still(self, key: bytes) -> SignedIn | None:
        """Who is behind the key of a session or token now; None when it has ended."""
        if (unwritten := self._unwritten.get(key)) is not None:
            return await self._still_unwritten(unwritten)
        now = to_us(self._now())
        return await self._store.read(lambda connection: _session(connection, key, now) or _bearer(connection, key))

    async def who_are(self, roles: Collection[Role]) -> list[tuple[str, Role]]:
        """Names and roles of those who have one of these, by name."""
        rows = await self._store.read(
            lambda connection: connection.execute("SELECT name, role FROM web_users ORDER BY name").fetchall()
        )
        return [(row["name"], Role(row["role"])) for row in rows if row["role"] in roles]

    async def role_of(self, user: str) -> Role | None:
        """None when there is no such user."""
        row = await self._user(user)
        return Role(row["role"]) if row else None

    async def _user(self, user: str) -> sqlite3.Row | None:
        def query(connection: sqlite3.Connection) -> sqlite3.Row | None:
            row: sqlite3.Row | None = connection.execute("SELECT * FROM web_users WHERE name = ?", (user,)).fetchone()
            return row

        return await self._store.read(query)

    async def sign_out(self, token: str) -> SignedIn | None:
        """End the session; returns whose it was, None when it had ended before."""
        key = hash_of(token)
        who = await self.still(key)
        self._unwritten.pop(key, None)
        await self._store.write(
            lambda connection: connection.execute("DELETE FROM web_sessions WHERE token = ?", (key,)).rowcount
        )
        return who

    def _tries(self, user: str, address: str) -> list[tuple[RateLimit, Hashable]]:
        """What a try is counted for. Strangers' tries don't count where the user has signed in from before."""
        tries: list[tuple[RateLimit, Hashable]] = [(self._by_pair, (user, address)), (self._by_address, address)]
        if (user, address) not in self._familiar:
            tries.append((self._by_user, user))
        return tries

    def _remember(self, user: str, address: str) -> None:
        self._familiar[user, address] = None
        self._familiar.move_to_end((user, address))
        if len(self._familiar) > _MOST_FAMILIAR:
            self._familiar.popitem(last=False)

    async def _begin(self, row: sqlite3.Row) -> tuple[str, SignedIn]:
        token = secrets.token_urlsafe(32)
        now = self._now()
        who = SignedIn(row["name"], Role(row["role"]), now + IDLE, hash_of(token))
        try:
            await self._store.write(lambda connection: _begin(connection, who, now), urgent=True)
        except NotRecorded:
            if len(self._unwritten) >= _MOST_UNWRITTEN:
                raise
            self._unwritten[who.key] = _Unwritten(who, row["password"])
        return token, who

    async def _still_unwritten(self, unwritten: _Unwritten) -> SignedIn | None:
        who = unwritten.who
        row = await self._user(who.user)
        ended = who.expires_at is not None and who.expires_at <= self._now()
        if row is None or row["password"] != unwritten.password or ended:
            self._unwritten.pop(who.key, None)
            return None
        return replace(who, role=Role(row["role"]))

    async def _slide(self, who: SignedIn) -> SignedIn:
        now = self._now()
        if who.key in self._unwritten or who.expires_at is None or now + IDLE - who.expires_at < _SLIDES:
            return who
        try:
            until = await self._store.write(lambda connection: _slide(connection, who.key, now))
        except NotRecorded:
            return who
        return replace(who, expires_at=from_us(until)) if until else who


def _begin(connection: sqlite3.Connection, who: SignedIn, now: datetime) -> None:
    connection.execute("DELETE FROM web_sessions WHERE expires_at <= ?", (to_us(now),))
    connection.execute(
        "INSERT INTO web_sessions (token, user, created_at, expires_at) VALUES (?, ?, ?, ?)",
        (who.key, who.user, to_us(now), to_us(now + IDLE)),
    )


def _slide(connection: sqlite3.Connection, key: bytes, now: datetime) -> int | None:
    rows = connection.execute(
        "UPDATE web_sessions SET expires_at = max(expires_at, min(?, created_at + ?)) WHERE token = ?"
        " RETURNING expires_at",
        (to_us(now + IDLE), AT_MOST // timedelta(microseconds=1), key),
    ).fetchall()
    return rows[0]["expires_at"] if rows else None


def _session(connection: sqlite3.Connection, key: bytes, now: int) -> SignedIn | None:
    row = connection.execute(
        "SELECT name, role, expires_at FROM web_sessions JOIN web_users ON name = user"
        " WHERE token = ? AND expires_at > ?",
        (key, now),
    ).fetchone()
    return SignedIn(row["name"], Role(row["role"]), from_us(row["expires_at"]), key) if row else None


def _bearer(connection: sqlite3.Connection, key: bytes) -> SignedIn | None:
    row = connection.execute(
        "SELECT name, role FROM web_tokens JOIN web_users ON name = user WHERE token = ?", (key,)
    ).fetchone()
    return SignedIn(row["name"], Role(row["role"]), None, key) if row else None
