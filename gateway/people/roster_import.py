"""Imports a roster in one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from gateway.model import Resident, Vehicle
from gateway.people import rows
from gateway.people.phones import phone_of
from gateway.people.roster import Roster
from gateway.store import Store
from gateway.store.vault import Vault


@dataclass(slots=True)
class ImportCounts:
    """How many persons and vehicles an import added, changed, left unchanged and removed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


async def import_roster(store: Store, roster: Roster, *, replace: bool = False) -> ImportCounts:
    """Add and change the roster's persons and vehicles. Importing it again changes nothing.

    A phone number or role that the roster leaves out is kept. With `replace`, persons and vehicles that are not in the
    roster are removed from the places that it names: they have moved out.
    """
    return await store.write(lambda connection: _import(connection, store.vault, roster, replace))


def _import(connection: sqlite3.Connection, vault: Vault, roster: Roster, replace: bool) -> ImportCounts:
    counts = ImportCounts()
    for resident in roster.residents.values():
        _put_resident(connection, vault, resident, counts)
    for vehicle in roster.vehicles.values():
        _put_vehicle(connection, vehicle, counts)
    if replace:
        counts.removed = _remove_absent(connection, roster)
    return counts


def _put_resident(connection: sqlite3.Connection, vault: Vault, resident: Resident, counts: ImportCounts) -> None:
    person = resident.person
    row = rows.person(connection, person.id)
    old_phone = phone_of(row, vault) if row else ""
    phone = person.phone or old_phone  # an empty cell keeps the stored number
    role = person.role or (row["role"] if row else "resident")
    new = (resident.place, person.name, role, resident.listing.value)
    if row and (row["place"], row["name"], row["role"], row["list"]) == new and phone == old_phone:
        counts.unchanged += 1
        return
    rows.put_person(connection, person.id, *new, vault.encrypt(phone.encode()) if phone else None)
    _count(counts, existing=row is not None)


def _put_vehicle(connection: sqlite3.Connection, vehicle: Vehicle, counts: ImportCounts) -> None:
    new = (vehicle.place, vehicle.listing.value)
    row = rows.vehicle(connection, vehicle.plate)
    if row is not None and tuple(row) == new:
        counts.unchanged += 1
        return
    rows.put_vehicle(connection, vehicle.plate, *new)
    _count(counts, existing=row is not None)


def _count(counts: ImportCounts, *, existing: bool) -> None:
    if existing:
        counts.changed += 1
    else:
        counts.added += 1


def _remove_absent(connection: sqlite3.Connection, roster: Roster) -> int:
    places = {resident.place for resident in roster.residents.values()}
    places |= {vehicle.place for vehicle in roster.vehicles.values()}
    removed = 0
    # None is the place of persons who are only on the watch list: a roster never says that it has all of them.
    for place in filter(None, places):
        for person_id in rows.person_ids_at(connection, place):
            if person_id not in roster.residents:
                removed += rows.delete_person(connection, person_id)
        for plate in rows.plates_at(connection, place):
            if plate not in roster.vehicles:
                removed += rows.delete_vehicle(connection, plate)
    return removed
