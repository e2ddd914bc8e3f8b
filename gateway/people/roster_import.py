"""Imports a roster in one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.model import Resident, Vehicle
from gateway.people import rows
from gateway.people.blind_index import BlindKind, digest
from gateway.people.register_writer import ChangedBy, MembershipData, PersonData, RegisterWriter, VehicleData
from gateway.people.roster import Roster
from gateway.store import Store
from gateway.store.vault import Vault

COMMAND_LINE = ChangedBy("", "anju people import")
"""Who changed what an import changes, when nobody is signed in."""


@dataclass(slots=True)
class ImportCounts:
    """How many persons and vehicles an import added, changed, left unchanged and removed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


async def import_roster(
    store: Store, roster: Roster, at: datetime, *, replace: bool = False, by: ChangedBy = COMMAND_LINE
) -> ImportCounts:
    """Add and change the roster's persons and vehicles. Importing it again changes nothing.

    A phone number or role that the roster leaves out is kept. With `replace`, persons and vehicles that are not in the
    roster are removed from the places that it names: they have moved out.
    """
    vault = store.vault
    return await store.write(
        lambda connection: _Import(connection, vault, RegisterWriter(connection, vault, at, by), at).run(
            roster, removes=replace
        )
    )


@dataclass(slots=True)
class _Import:
    connection: sqlite3.Connection
    vault: Vault
    writer: RegisterWriter
    at: datetime

    def run(self, roster: Roster, *, removes: bool) -> ImportCounts:
        counts = ImportCounts()
        kept = {self._put_resident(resident, counts) for resident in roster.residents.values()}
        for vehicle in roster.vehicles.values():
            self._put_vehicle(vehicle, counts)
        if removes:
            counts.removed = self._remove_absent(roster, kept)
        return counts

    def _put_resident(self, resident: Resident, counts: ImportCounts) -> str:
        given = resident.person
        known = given.id or self._find(resident)
        before = self.writer.person(known) if known else None
        done = len(self.writer.numbers)
        data = PersonData(given.name, given.phone, listing=resident.listing)
        if before is not None:  # an empty cell keeps what is stored
            data = replace(before, name=given.name, phone=given.phone or before.phone, listing=resident.listing)
        person = self.writer.put_person(data, known)
        self._put_membership(person, resident)
        _count(counts, existing=before is not None, changed=len(self.writer.numbers) > done)
        return person

    def _find(self, resident: Resident) -> str | None:
        """The person of this name at this place; of those only watched for, one without a place."""
        named = rows.persons_by_digest(
            self.connection, BlindKind.NAME, digest(self.vault, BlindKind.NAME, resident.person.name)
        )
        for person in named:
            places = [row["place"] for row in rows.memberships_of(self.connection, person)]
            if resident.place in places or (resident.place is None and not places):
                return person
        return None

    def _put_membership(self, person: str, resident: Resident) -> None:
        rooms = [row for row in rows.memberships_of(self.connection, person) if row["until"] is None]
        here = next((row for row in rooms if row["place"] == resident.place), None)
        for row in rooms:  # one who is listed at another place than before has moved
            if row is not here:
                self.writer.end_membership(row["id"])
        if resident.place is None:
            return
        role = resident.person.role or (here["role"] if here else "resident")
        if here is None:
            self.writer.put_membership(MembershipData(person, resident.place, role, self.at))
        elif role != here["role"]:
            self.writer.change_role(here["id"], role)

    def _put_vehicle(self, vehicle: Vehicle, counts: ImportCounts) -> None:
        row, done = rows.vehicle(self.connection, vehicle.plate), len(self.writer.numbers)
        person = row["person"] if row is not None and row["place"] == vehicle.place else None
        self.writer.put_vehicle(vehicle.plate, VehicleData(vehicle.place, vehicle.listing, person))
        _count(counts, existing=row is not None, changed=len(self.writer.numbers) > done)

    def _remove_absent(self, roster: Roster, kept: set[str]) -> int:
        places = {resident.place for resident in roster.residents.values()}
        places |= {vehicle.place for vehicle in roster.vehicles.values()}
        removed = 0
        # None is the place of persons who are only on the watch list: a roster never says that it has all of them.
        for place in filter(None, places):
            for person in {row["person"] for row in rows.memberships_at(self.connection, place)} - kept:
                self.writer.remove_person(person)
                removed += 1
            for row in rows.vehicles_at(self.connection, place):
                if row["plate"] not in roster.vehicles:
                    self.writer.remove_vehicle(row["plate"])
                    removed += 1
        return removed


def _count(counts: ImportCounts, *, existing: bool, changed: bool) -> None:
    if not existing:
        counts.added += 1
    elif changed:
        counts.changed += 1
    else:
        counts.unchanged += 1
