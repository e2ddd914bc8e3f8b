"""The register, read from the database."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from gateway.errors import NotFound
from gateway.model import (
    Credential,
    CredentialKey,
    CredentialKind,
    Listing,
    Membership,
    Person,
    Register,
    Resident,
    Vehicle,
)
from gateway.people import rows
from gateway.people.register_writer import ChangedBy, RegisterWriter
from gateway.people.sealing import opened, opened_date, seal_plain_names
from gateway.store import Store
from gateway.store.columns import from_us, maybe_time
from gateway.store.vault import Vault


class People:
    """For commands and for `CurrentRegister`. The running gateway reads the register's snapshot instead."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def register(self, at: datetime) -> Register:
        """All persons, vehicles and credentials as one snapshot, read in one transaction. Raises NotRecorded."""
        vault = self._store.vault

        def read(connection: sqlite3.Connection) -> Register:
            residents = _residents(connection, vault, at)
            return Register.of(residents, _vehicles(connection), _credentials(connection), at)

        return await self._store.read(read)

    async def persons(self, at: datetime) -> Sequence[Resident]:
        """All persons, by the first place they belong to, and name."""
        vault = self._store.vault
        found = await self._store.read(lambda connection: _residents(connection, vault, at))
        return sorted(found, key=lambda one: (one.place or "", one.person.name))

    async def vehicles(self) -> Sequence[Vehicle]:
        """All vehicles, by plate."""
        return await self._store.read(_vehicles)

    async def seal_names(self) -> int:
        """Seal names that an older version stored in clear; returns how many. Raises NotRecorded and VaultError."""
        vault = self._store.vault
        if not await self._store.read(rows.plain_names):
            return 0
        return await self._store.write(lambda connection: seal_plain_names(connection, vault))

    async def remove(self, key: str, at: datetime, by: ChangedBy) -> bool:
        """Delete the person with this id or the vehicle with this plate; False if there is neither."""
        vault = self._store.vault

        def remove(connection: sqlite3.Connection) -> bool:
            writer = RegisterWriter(connection, vault, at, by)
            for delete in (writer.remove_person, writer.remove_vehicle):
                try:
                    delete(key)
                except NotFound:
                    continue
                return True
            return False

        return await self._store.write(remove)


def _residents(connection: sqlite3.Connection, vault: Vault, at: datetime) -> list[Resident]:
    rooms = _memberships(connection)
    return [_resident(row, vault, rooms.get(row["id"], ()), at) for row in rows.persons(connection)]


def _resident(row: sqlite3.Row, vault: Vault, memberships: Sequence[Membership], at: datetime) -> Resident:
    key = row["id"]
    first = min((one for one in memberships if one.is_valid(at)), key=attrgetter("since"), default=None)
    person = Person(
        key,
        opened(vault, row["name"], key),
        opened(vault, row["phone"], key),
        first.role if first else "other",
        opened_date(vault, row["born"], key),
    )
    return Resident(person, first.place if first else None, Listing(row["list"]), tuple(memberships))


def _memberships(connection: sqlite3.Connection) -> Mapping[str, list[Membership]]:
    found: dict[str, list[Membership]] = defaultdict(list)
    for row in rows.memberships(connection):
        membership = Membership(
            row["id"], row["person"], row["place"], row["role"], from_us(row["since"]), maybe_time(row["until"])
        )
        found[row["person"]].append(membership)
    return found


def _vehicles(connection: sqlite3.Connection) -> list[Vehicle]:
    return [
        Vehicle(
            row["plate"],
            row["place"],
            Listing(row["list"]),
            row["person"],
            from_us(row["since"]),
            maybe_time(row["until"]),
        )
        for row in rows.vehicles(connection)
    ]


def _credentials(connection: sqlite3.Connection) -> dict[CredentialKey, tuple[Credential, ...]]:
    found: dict[CredentialKey, tuple[Credential, ...]] = {}
    for row in rows.credentials(connection):
        kind = CredentialKind(row["kind"])
        until, ended = maybe_time(row["until"]), maybe_time(row["ended_at"])
        credential = Credential(row["id"], kind, row["person"], row["place"], from_us(row["since"]), until, ended)
        key = (kind, bytes(row["digest"]))
        found[key] = (*found.get(key, ()), credential)
    return found
