"""Reads the register anew when a membership, vehicle, card or PIN begins or ends by its date."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import structlog

from gateway.errors import AnjuError
from gateway.model import Register
from gateway.people import CurrentRegister, rows
from gateway.people.household_editor import forget_faces
from gateway.people.register_writer import ChangedBy, RegisterWriter
from gateway.store import Store
from gateway.store.columns import to_us
from gateway.store.vault import Vault

log = structlog.get_logger(__name__)
INTERVAL_S = 1.0
BY = ChangedBy("anju", "moved out")


class RegisterDates:
    """Looks at the clock once a second; the register is gone through only when it was replaced."""

    def __init__(self, store: Store, register: CurrentRegister, now: Callable[[], datetime]) -> None:
        self._store, self._register, self._now = store, register, now
        self._of: Register | None = None
        self._next: datetime | None = None
        self._checked = now()
        """What begins or ends after this has not been looked at yet, whenever a register was read."""

    async def run(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                await self.check()
            except AnjuError as error:
                log.error("what began or ended by its date could not be read", why=str(error))
            await asyncio.sleep(INTERVAL_S)

    async def check(self) -> bool:
        """Refresh the register if something has begun or ended since it was read; returns whether it did."""
        register, now = self._register.snapshot, self._now()
        if self._of is None or self._of.persons is not register.persons:
            # Passes are replaced many times a day; they have no part in this.
            self._of, self._next = register, next_date(register, self._checked)
        if self._next is None or now < self._next:
            self._checked = now
            return False
        await self._forget_faces(now)
        await self._register.refresh()
        self._of, self._checked = None, now
        return True

    async def _forget_faces(self, now: datetime) -> None:
        vault = self._store.vault
        gone = await self._store.read(partial(rows.people_with_faces_without_room, now_us=to_us(now)))
        if gone and vault.fault is None:
            await self._store.write(partial(_forget, vault=vault, people=gone, now=now))


def next_date(register: Register, after: datetime) -> datetime | None:
    """The first time after `after` at which something begins or ends."""
    return min((date for date in _dates(register) if date > after), default=None)


def _dates(register: Register) -> Iterator[datetime]:
    for resident in register.persons.values():
        for stay in resident.memberships:
            yield from _known(stay.since, stay.until)
    for vehicle in register.vehicles.values():
        yield from _known(vehicle.since, vehicle.until)
    for credentials in register.credentials.values():
        for credential in credentials:
            yield from _known(credential.since, credential.until)


def _known(*dates: datetime | None) -> Iterator[datetime]:
    return (date for date in dates if date is not None)


def _forget(connection: sqlite3.Connection, vault: Vault, people: list[str], now: datetime) -> None:
    writer = RegisterWriter(connection, vault, now, BY)
    for person in people:
        forget_faces(writer, connection, person, now)
