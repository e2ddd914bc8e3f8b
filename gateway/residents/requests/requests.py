"""Residents ask for changes of their household; nothing changes in the register before somebody confirms.

A request holds orders (`gateway/people/household_orders.py`). The property answers all of them. What a tenant asked for
at the door plate, an owner of the room may answer as well. A confirmed one is carried out in the same transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from gateway.errors import Conflict, NotFound, TooMany
from gateway.model import Action, Step, Words
from gateway.residents.notices import Notices
from gateway.residents.requests import rows
from gateway.residents.types import Act
from gateway.store import Store, audit
from gateway.store.columns import from_us, maybe_time

MAX_OPEN = 20
"""Open requests of one room in COUNTED_FOR."""
COUNTED_FOR = timedelta(days=7)
"""Older ones that nobody answers block no new ones: a stranger at the door may have made them."""
_AGAIN_AFTER_S = 3600.0
Orders = Sequence[Mapping[str, Any]]
_TOLD = {
    "confirmed": Words("物业已确认您家的变更申请", "The change that your household asked for is confirmed"),
    "refused": Words("您家的变更申请未获同意", "The change that your household asked for was refused"),
}


class CarryOut(Protocol):
    """Changes the register, in the caller's transaction. Raises Refused for what can't be done."""

    def __call__(self, connection: sqlite3.Connection, place: str, orders: Orders, by: str, why: str, /) -> None:
        """`by` is who confirmed it."""


@dataclass(frozen=True, slots=True)
class Request:
    """`person` is who asked for it; None: a tenant, at the door plate. `answer` is what whoever answered wrote."""

    number: int
    place: str
    person: str | None
    orders: Orders
    state: str
    at: datetime
    answered_at: datetime | None
    answered_by: str
    answer: str

    @property
    def is_registration(self) -> bool:
        """Whether an owner may answer it."""
        return self.person is None


class Requests:
    """`changed` is called after the register was changed: it reads its snapshot anew."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        act: Act,
        notices: Notices,
        carry_out: CarryOut,
        changed: Callable[[], Any],
    ) -> None:
        self._store, self._now, self._act, self._notices = store, now, act, notices
        self._carry_out, self._changed = carry_out, changed

    async def ask(self, place: str, person: str, orders: Orders) -> None:
        """A resident asks for changes of their room. Raises TooMany and NotRecorded."""
        await self._add(place, person, orders, f"resident:{person}")

    async def register(self, place: str, name: str, phone: str, since: date, until: date | None) -> None:
        """A tenant asks to be registered. It takes as long whether anybody lives there. Raises NotRecorded.

        More than MAX_OPEN of one room are left out silently: the answer must tell nothing of the room.
        """
        order = {"do": "add_person", "name": name, "phone": phone, "role": "tenant", "since": since.isoformat()}
        if until is not None:
            order["until"] = until.isoformat()
        try:
            await self._add(place, None, [order], "door-plate")
        except TooMany:
            return

    async def at(self, place: str, since: datetime | None = None, limit: int = 50) -> list[Request]:
        """Those of a room, newest first; none from before `since`, when others lived there."""
        found = await self._store.read(partial(rows.at_place, place=place, limit=limit))
        requests = [self._read(row) for row in found]
        return [each for each in requests if since is None or each.at >= since]

    async def page(self, state: str, before: int | None, limit: int) -> list[Request]:
        """Those of all rooms in this state, newest first. `before` is the number that the last page ended on."""
        before = rows.LAST if before is None else before
        return [
            self._read(row)
            for row in await self._store.read(partial(rows.page, state=state, before=before, limit=limit))
        ]

    async def one(self, number: int) -> Request:
        """Raises NotFound."""
        row = await self._store.read(partial(rows.one, number=number))
        if row is None:
            raise NotFound(f"there is no request {number}")
        return self._read(row)

    async def answer(self, request: Request, state: str, by: str, why: str = "") -> None:
        """`state` is confirmed, refused or withdrawn. Raises Conflict when it has an answer, Refused, NotRecorded."""
        now, sealed = self._now(), self._store.vault.encrypt(why.encode()) if why else None

        def unit(connection: sqlite3.Connection) -> None:
            if not rows.answer(connection, request.number, state, now, by, sealed):
                raise Conflict("this request has an answer already")
            if state == "confirmed":
                self._carry_out(connection, request.place, request.orders, by, f"request {request.number}")
            data = {"request": request.number, "place": request.place, "answer": state}
            audit.append(connection, Step("", "resident-answer", by, now, data=data))
            if state in _TOLD:
                self._notices.tell_in(connection, request.place, _TOLD[state], "request", str(request.number))

        data = {"request": request.number, "answer": state}
        await self._act(Action(kind="resident.answered", user=by, time=now, place=request.place, data=data), unit)
        if state == "confirmed":
            await self._changed()

    async def purge(self, before: datetime) -> None:
        """Delete those that were answered before then."""
        while await self._store.write(partial(rows.purge, before=before)) >= rows.BATCH:
            pass

    async def _add(self, place: str, person: str | None, orders: Orders, by: str) -> None:
        now = self._now()
        sealed = self._store.vault.encrypt(json.dumps(list(orders), ensure_ascii=False).encode())

        def unit(connection: sqlite3.Connection) -> None:
            if rows.count_open(connection, place, now - COUNTED_FOR) >= MAX_OPEN:
                raise TooMany("too many requests wait for an answer", _AGAIN_AFTER_S)
            number = rows.add(connection, place, person, sealed, now)
            data = {"request": number, "place": place}
            audit.append(connection, Step("", "resident-request", by, now, data=data))

        kinds = [str(order["do"]) for order in orders]
        await self._act(Action(kind="resident.asked", user=by, time=now, place=place, data={"for": kinds}), unit)

    def _read(self, row: sqlite3.Row) -> Request:
        vault = self._store.vault
        return Request(
            row["number"],
            row["place"],
            row["person"],
            json.loads(vault.decrypt(row["orders"])),
            row["state"],
            from_us(row["at"]),
            maybe_time(row["answered_at"]),
            row["answered_by"],
            vault.decrypt(row["answer"]).decode() if row["answer"] is not None else "",
        )
