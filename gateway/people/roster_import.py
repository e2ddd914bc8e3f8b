"""Take a roster in: all of it in one transaction, or nothing."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from gateway.model import Resident, Vehicle
from gateway.people.roster import Roster
from gateway.people.rows import phone_of
from gateway.store import Store
from gateway.store.vault import Vault


@dataclass(slots=True)
class Taken:
    """How many persons and vehicles an import touched."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


async def take_in(store: Store, roster: Roster, *, replace: bool = False) -> Taken:
    """Add and change what the roster says; doing it twice changes nothing the second time.

    A phone number or role it leaves out stays as it stands.

    With `replace` the places it names hold exactly what it says: who is not in it has moved out.
    """
    return await store.write(lambda connection: _take_in(connection, store.vault, roster, replace))


def _take_in(connection: sqlite3.Connection, vault: Vault, roster: Roster, replace: bool) -> Taken:
    taken = Taken()
    for resident in roster.residents.values():
        _put_resident(connection, vault, resident, taken)
    for vehicle in roster.vehicles.values():
        _put_vehicle(connection, vehicle, taken)
    if replace:
        taken.removed = _move_out(connection, roster)
    return taken


def _put_resident(connection: sqlite3.Connection, vault: Vault, resident: Resident, taken: Taken) -> None:
    person = resident.person
    row = connection.execute("SELECT * FROM persons WHERE id = ?", (person.id,)).fetchone()
    known_phone = phone_of(row, vault) if row else ""
    phone = person.phone or known_phone
    role = person.role or (row["role"] if row else "resident")
    wanted = (resident.place, person.name, role, resident.listing.value)
    if row and (row["place"], row["name"], row["role"], row["list"]) == wanted and phone == known_phone:
        taken.unchanged += 1
        return
    connection.execute(
        "INSERT INTO persons (id, place, name, role, list, phone) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET place = excluded.place, name = excluded.name, role = excluded.role,"
        " list = excluded.list, phone = excluded.phone",
        (person.id, *wanted, vault.encrypt(phone.encode()) if phone else None),
    )
    _count(taken, known=row is not None)


def _put_vehicle(connection: sqlite3.Connection, vehicle: Vehicle, taken: Taken) -> None:
    wanted = (vehicle.place, vehicle.listing.value)
    row = connection.execute("SELECT place, list FROM vehicles WHERE plate = ?", (vehicle.plate,)).fetchone()
    if row is not None and tuple(row) == wanted:
        taken.unchanged += 1
        return
    connection.execute(
        "INSERT INTO vehicles (plate, place, list) VALUES (?, ?, ?)"
        " ON CONFLICT (plate) DO UPDATE SET place = excluded.place, list = excluded.list",
        (vehicle.plate, *wanted),
    )
    _count(taken, known=row is not None)


def _count(taken: Taken, *, known: bool) -> None:
    if known:
        taken.changed += 1
    else:
        taken.added += 1


def _move_out(connection: sqlite3.Connection, roster: Roster) -> int:
    places = {resident.place for resident in roster.residents.values()}
    places |= {vehicle.place for vehicle in roster.vehicles.values()}
    gone = 0
    for place in places - {None}:
        for row in connection.execute("SELECT id FROM persons WHERE place = ?", (place,)).fetchall():
            if row["id"] not in roster.residents:
                gone += connection.execute("DELETE FROM persons WHERE id = ?", (row["id"],)).rowcount
        for row in connection.execute("SELECT plate FROM vehicles WHERE place = ?", (place,)).fetchall():
            if row["plate"] not in roster.vehicles:
                gone += connection.execute("DELETE FROM vehicles WHERE plate = ?", (row["plate"],)).rowcount
    return gone
