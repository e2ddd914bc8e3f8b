"""The persons tied to a place, and the vehicles: read by the guard's cards, the matchers and the rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from gateway.model import Household, Person
from gateway.store import Store
from gateway.store.vault import Vault, VaultError

log = structlog.get_logger(__name__)


class Listing(StrEnum):
    """Which list a person or a vehicle is on: expected here, or to be watched for."""

    RESIDENT = "resident"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Resident:
    """A person and where they belong; `place` is None for someone who is only watched for."""

    person: Person
    place: str | None
    listing: Listing = Listing.RESIDENT


@dataclass(frozen=True, slots=True)
class Vehicle:
    """`plate` in its one spelling (gateway.people.plates.plate_text)."""

    plate: str
    place: str | None
    listing: Listing = Listing.RESIDENT


class People:
    """Reads through the store; what it says is as fresh as the last `anju people import`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def household(self, place: str) -> Household | None:
        """The household of the room, or of the room this place is inside of; None when nobody is tied to it."""
        return (await self.households([place])).get(place)

    async def households(self, places: Collection[str]) -> Mapping[str, Household]:
        """As `household`, for many places in one read; places without one are left out."""
        vault = self._store.vault
        return await self._store.read(lambda connection: dict(_found(connection, places, vault)))

    async def persons(self) -> Sequence[Resident]:
        vault = self._store.vault
        return await self._store.read(
            lambda connection: [
                Resident(_person(row, vault), row["place"], Listing(row["list"]))
                for row in connection.execute("SELECT * FROM persons ORDER BY place, name")
            ]
        )

    async def vehicles(self) -> Sequence[Vehicle]:
        return await self._store.read(
            lambda connection: [
                Vehicle(row["plate"], row["place"], Listing(row["list"]))
                for row in connection.execute("SELECT * FROM vehicles ORDER BY plate")
            ]
        )

    async def remove(self, key: str) -> bool:
        """Forget the person with this id or the vehicle with this plate; False when there is neither."""
        return await self._store.write(lambda connection: _remove(connection, key))


def _found(connection: sqlite3.Connection, places: Collection[str], vault: Vault) -> Iterator[tuple[str, Household]]:
    for place in places:
        household = next(filter(None, (_household(connection, path, vault) for path in _upwards(place))), None)
        if household is not None:
            yield place, household


def _upwards(place: str) -> Iterator[str]:
    """`b3/u1/1502/kitchen` → itself, `b3/u1/1502`, `b3/u1`, `b3`."""
    parts = place.split("/")
    return ("/".join(parts[:count]) for count in range(len(parts), 0, -1))


def _household(connection: sqlite3.Connection, place: str, vault: Vault) -> Household | None:
    persons = connection.execute(
        "SELECT * FROM persons WHERE place = ? AND list = 'resident' ORDER BY role = 'owner' DESC, name", (place,)
    ).fetchall()
    plates = connection.execute("SELECT plate FROM vehicles WHERE place = ? AND list = 'resident'", (place,)).fetchall()
    if not persons and not plates:
        return None
    return Household(place, tuple(_person(row, vault) for row in persons), tuple(row["plate"] for row in plates))


def _person(row: sqlite3.Row, vault: Vault) -> Person:
    return Person(row["id"], row["name"], phone_of(row, vault), row["role"])


def phone_of(row: sqlite3.Row, vault: Vault) -> str:
    """The unsealed number; empty, with a line in the log, where the vault's key is not the one it was sealed with."""
    if row["phone"] is None:
        return ""
    try:
        return vault.decrypt(row["phone"]).decode()
    except VaultError as error:
        log.warning("phone number unreadable", person=row["id"], why=str(error))
        return ""


def _remove(connection: sqlite3.Connection, key: str) -> bool:
    gone = connection.execute("DELETE FROM persons WHERE id = ?", (key,)).rowcount
    gone += connection.execute("DELETE FROM vehicles WHERE plate = ?", (key,)).rowcount
    return gone > 0
