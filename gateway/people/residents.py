"""Persons and vehicles, read from and removed from the database."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Register, Resident, Vehicle
from gateway.people import rows
from gateway.store import Store


class People:
    """For commands and for `CurrentRegister`. The running gateway reads the register's snapshot instead."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def register(self) -> Register:
        """All persons and vehicles as one snapshot, read in one transaction. Raises NotRecorded."""
        vault = self._store.vault
        return await self._store.read(
            lambda connection: Register.of(rows.residents(connection, vault), rows.vehicles(connection))
        )

    async def persons(self) -> Sequence[Resident]:
        """All persons, by place and name."""
        vault = self._store.vault
        return await self._store.read(lambda connection: rows.residents(connection, vault))

    async def vehicles(self) -> Sequence[Vehicle]:
        """All vehicles, by plate."""
        return await self._store.read(rows.vehicles)

    async def remove(self, key: str) -> bool:
        """Delete the person with this id or the vehicle with this plate; False when there is neither."""
        return await self._store.write(lambda connection: rows.remove(connection, key))
