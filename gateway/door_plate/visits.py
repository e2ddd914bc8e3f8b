"""Visits that somebody announces at a door: the household is asked, and the visitor learns nothing of who lives there.

Announcing takes the same steps and gives the same answer whether anybody lives there: the household is told by a
background task, and what a household declines looks as what nobody answers.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from gateway.config.residents.door_plates import DoorPlateSection
from gateway.door_plate import rows
from gateway.errors import AnjuError, NotFound, NotRecorded
from gateway.model import Words
from gateway.store import Store
from gateway.store.columns import from_us, to_us
from gateway.store.signed_token import SignedTokens, hash_of

log = structlog.get_logger(__name__)
_PURPOSE = "door plate visit"
_KEEP = timedelta(days=1)
_BATCH = 50
_RETRY_S = 30.0
NOTICE = "visit"
MOST_OPEN = 20


class TellHousehold(Protocol):
    """`Notices.tell` of gateway/residents."""

    def __call__(self, place: str, words: Words, kind: str, about: str = "") -> Awaitable[object]:
        """Tell the residents of a room."""


class MakePass(Protocol):
    """Makes a visitor's pass; returns its address, which is a secret."""

    def __call__(self, place: str, person: str, name: str, since: datetime, until: datetime) -> Awaitable[str]:
        """For a visitor of `person` at `place`."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An announced visit. `name` and `text` are what the visitor wrote; `pass_url` once it is accepted."""

    number: int
    place: str
    at: datetime
    until: datetime
    name: str
    text: str
    answer: str | None
    pass_url: str = ""


class Visits:
    """Announces visits, tells the household, takes its answer."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        settings: Callable[[], DoorPlateSection],
        *,
        tell: TellHousehold,
        make_pass: MakePass,
    ) -> None:
        self._store = store
        self._now = now
        self._settings = settings
        self._tell = tell
        self._make_pass = make_pass
        self._tokens = SignedTokens(store.vault, _PURPOSE)
        self._more = asyncio.Event()
        self._answering = asyncio.Lock()

    async def announce(self, place: str, name: str, text: str) -> str:
        """Put it on record; returns the token of the visitor's link. Raises NotRecorded, or VaultError without a key.

        The household is told by `run`, so that the answer takes as long at an empty flat.
        """
        half, now = self._tokens.new_half(), self._now()
        token, until = self._tokens.token(half), now + self._settings().visit_time
        sealed = self._store.vault.encrypt(json.dumps({"name": name, "text": text}).encode())
        await self._store.write(
            lambda connection: rows.insert_visit(connection, hash_of(half), place, to_us(now), to_us(until), sealed)
        )
        self._more.set()
        return token

    async def of_token(self, token: str) -> Visit | None:
        """The visit of a visitor's link; None for a wrong one."""
        half = self._tokens.verified_half(token)
        if half is None:
            return None
        row = await self._store.read(lambda connection: rows.visit(connection, hash_of(half)))
        return None if row is None else self._visit(row)

    async def open_at(self, places: Sequence[str]) -> list[Visit]:
        """Visits at these rooms that may still be answered, by their end."""
        now = to_us(self._now())

        def read(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            return [row for place in places for row in rows.open_visits(connection, place, now, MOST_OPEN)]

        return [self._visit(row) for row in await self._store.read(read)]

    async def answer(self, number: int, places: Sequence[str], person: str, *, accept: bool) -> Visit:
        """A resident of one of `places` answers. Raises NotFound for another room's, an answered or an old one."""
        async with self._answering:  # two who answer at once would make two passes
            visit = await self._open(number, places)
            url = ""
            if accept:
                url = await self._make_pass(visit.place, person, visit.name, self._now(), visit.until)
            sealed = self._store.vault.encrypt(url.encode()) if url else None
            answer, now = "accepted" if accept else "declined", to_us(self._now())
            changed = await self._store.write(
                lambda connection: rows.answer_visit(connection, number, answer, f"resident:{person}", now, sealed)
            )
            if not changed:
                raise NotFound(f"no open visit {number}")
            return visit

    async def _open(self, number: int, places: Sequence[str]) -> Visit:
        row = await self._store.read(lambda connection: rows.visit_by_number(connection, number))
        if row is None or row["place"] not in places or row["answer"] or from_us(row["until"]) <= self._now():
            raise NotFound(f"no open visit {number}")
        return self._visit(row)

    async def run(self) -> None:
        """Tell households and delete what is over, until cancelled."""
        while True:
            self._more.clear()
            try:
                await self.deliver()
                await self._purge()
            except NotRecorded as error:
                log.error("households can't be told of visits now", why=str(error))
            try:
                async with asyncio.timeout(_RETRY_S):
                    await self._more.wait()
            except TimeoutError:
                pass

    async def deliver(self) -> None:
        """Tell the households of what they have not been told yet. Raises NotRecorded."""
        for row in await self._store.read(lambda connection: rows.untold_visits(connection, _BATCH)):
            await self._deliver(row)

    async def _deliver(self, row: sqlite3.Row) -> None:
        number = row["number"]
        try:
            await self._ask(self._visit(row))
        except NotRecorded:
            raise
        except AnjuError as error:  # such as one that can't be decrypted: the others are told all the same
            log.error("a household can't be told of a visit", place=row["place"], why=str(error))
        told = to_us(self._now())
        await self._store.write(lambda connection: rows.set_told(connection, number, told))

    async def _ask(self, visit: Visit) -> None:
        said = f"：{visit.text}" if visit.text else ""
        words = Words(f"门口有访客 {visit.name}{said}", f"{visit.name} is at your door{said and ': ' + visit.text}")
        if visit.until > self._now():
            await self._tell(visit.place, words, NOTICE, f"visit:{visit.number}")

    async def _purge(self) -> None:
        before = to_us(self._now() - _KEEP)
        await self._store.write(lambda connection: rows.delete_visits(connection, before, _BATCH))

    def _visit(self, row: sqlite3.Row) -> Visit:
        details = json.loads(self._store.vault.decrypt(row["details"]))
        url = self._store.vault.decrypt(row["pass_url"]).decode() if row["pass_url"] else ""
        at, until = from_us(row["at"]), from_us(row["until"])
        return Visit(row["number"], row["place"], at, until, details["name"], details["text"], row["answer"], url)
