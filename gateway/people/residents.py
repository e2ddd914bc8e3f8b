"""Reads persons, vehicles and households, for alert cards and commands."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from gateway.model import Household, Person
from gateway.people import rows
from gateway.store import Store
from gateway.store.vault import Vault, VaultError

log = structlog.get_logger(__name__)


class Listing(StrEnum):
    """The list of a person or vehicle: residents, or the watch list."""

    RESIDENT = "resident"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Resident:
    """A person with their place; None for someone who is only on the watch list."""

    person: Person
    place: str | None
    listing: Listing = Listing.RESIDENT


@dataclass(frozen=True, slots=True)
class Vehicle:
    """`plate` is normalised (`number_plates.normalized_plate`)."""

    plate: str
    place: str | None
    listing: Listing = Listing.RESIDENT


class People:
    """Reads the store at each call, so that it sees the last `anju people import`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def household(self, place: str) -> Household | None:
        """The household of this place, or of the nearest place above it; None if there is none."""
        return (await self.households([place])).get(place)

    async def households(self, places: Collection[str]) -> Mapping[str, Household]:
        """The households of many places in one read; places without one are left out."""
        vault = self._store.vault
        return await self._store.read(lambda connection: dict(_households(connection, places, vault)))

    async def persons(self) -> Sequence[Resident]:
        """All persons, by place and name."""
        vault = self._store.vault
        return await self._store.read(
            lambda connection: [
                Resident(_person(row, vault), row["place"], Listing(row["list"])) for row in rows.persons(connection)
            ]
        )

    async def vehicles(self) -> Sequence[Vehicle]:
        """All vehicles, by plate."""
        return await self._store.read(
            lambda connection: [
                Vehicle(row["plate"], row["place"], Listing(row["list"])) for row in rows.vehicles(connection)
            ]
        )

    async def remove(self, key: str) -> bool:
        """Delete the person with this id or the vehicle with this plate; False if there is neither."""
        return await self._store.write(lambda connection: _remove(connection, key))


def _households(
    connection: sqlite3.Connection, places: Collection[str], vault: Vault
) -> Iterator[tuple[str, Household]]:
    for place in places:
        household = next(filter(None, (_household(connection, path, vault) for path in _upwards(place))), None)
        if household is not None:
            yield place, household


def _upwards(place: str) -> Iterator[str]:
    """The place and those above it: `b3/u1/1502/kitchen`, `b3/u1/1502`, `b3/u1`, `b3`."""
    parts = place.split("/")
    return ("/".join(parts[:count]) for count in range(len(parts), 0, -1))


def _household(connection: sqlite3.Connection, place: str, vault: Vault) -> Household | None:
    persons = rows.residents_at(connection, place)
    plates = rows.residents_plates_at(connection, place)
    if not persons and not plates:
        return None
    return Household(place, tuple(_person(row, vault) for row in persons), tuple(plates))


def _person(row: sqlite3.Row, vault: Vault) -> Person:
    return Person(row["id"], row["name"], phone_of(row, vault), row["role"])


def phone_of(row: sqlite3.Row, vault: Vault) -> str:
    """The decrypted number; empty, with a log line, if the vault has not the key that encrypted it."""
    if row["phone"] is None:
        return ""
    try:
        return vault.decrypt(row["phone"]).decode()
    except VaultError as error:
        log.warning("phone number unreadable", person=row["id"], why=str(error))
        return ""


def _remove(connection: sqlite3.Connection, key: str) -> bool:
    deleted = rows.delete_person(connection, key) + rows.delete_vehicle(connection, key)
    return deleted > 0
