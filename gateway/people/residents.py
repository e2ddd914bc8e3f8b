"""Persons and vehicles, read from and removed from the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from gateway.model import Listing, Person, Register, Resident, Vehicle
from gateway.people import rows
from gateway.people.phones import phone_of
from gateway.store import Store
from gateway.store.vault import Vault


class People:
    """For commands and for `CurrentRegister`. The running gateway reads the register's snapshot instead."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def register(self) -> Register:
        """All persons and vehicles as one snapshot, read in one transaction. Raises NotRecorded."""
        vault = self._store.vault
        return await self._store.read(
            lambda connection: Register.of(_residents(connection, vault), _vehicles(connection))
        )

    async def persons(self) -> Sequence[Resident]:
        """All persons, by place and name."""
        vault = self._store.vault
        return await self._store.read(lambda connection: _residents(connection, vault))

    async def vehicles(self) -> Sequence[Vehicle]:
        """All vehicles, by plate."""
        return await self._store.read(_vehicles)

    async def remove(self, key: str) -> bool:
        """Delete the person with this id or the vehicle with this plate; False if there is neither."""
        return await self._store.write(
            lambda connection: rows.delete_person(connection, key) + rows.delete_vehicle(connection, key) > 0
        )


def _residents(connection: sqlite3.Connection, vault: Vault) -> list[Resident]:
    return [
        Resident(Person(row["id"], row["name"], phone_of(row, vault), row["role"]), row["place"], Listing(row["list"]))
        for row in rows.persons(connection)
    ]


def _vehicles(connection: sqlite3.Connection) -> list[Vehicle]:
    return [Vehicle(row["plate"], row["place"], Listing(row["list"])) for row in rows.vehicles(connection)]
