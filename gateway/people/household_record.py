"""A room as it is stored: its people, vehicles, cards, and how it became so."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.model import CredentialKind
from gateway.people import rows
from gateway.people.import_plan import ending
from gateway.people.register_writer import MembershipData, PersonData, VehicleData
from gateway.people.sealing import opened
from gateway.people.stored_register import StoredCredential, credential_of, membership_of, person_of, vehicle_of
from gateway.store.columns import from_json, from_us
from gateway.store.vault import Vault, VaultError


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the room, with the id of their membership. `faces`: enrolled photographs."""

    membership: str
    stay: MembershipData
    data: PersonData
    faces: int
    other_rooms: Sequence[str]


@dataclass(frozen=True, slots=True)
class HouseholdState:
    """`version` changes with every change of the room or of one of its people."""

    place: str
    version: str
    members: Sequence[Member]
    vehicles: Mapping[str, VehicleData]
    credentials: Sequence[StoredCredential]
    endings: Mapping[str, str]
    """The last digits of each card, by the credential's id."""


@dataclass(frozen=True, slots=True)
class RegisterChange:
    """A change on record; the values are opened."""

    number: int
    at: datetime
    user: str
    why: str
    subject: str
    subject_id: str
    person: str | None
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


def read_household(connection: sqlite3.Connection, vault: Vault, place: str) -> HouseholdState:
    """Read the room. Nobody may be registered there."""
    stays = rows.memberships_at(connection, place)
    credentials = [row for row in rows.credentials_at(connection, place) if row["ended_at"] is None]
    return HouseholdState(
        place,
        version_of(connection, place),
        [_member(connection, vault, row) for row in stays],
        {row["plate"]: vehicle_of(row) for row in rows.vehicles_at(connection, place)},
        [credential_of(row, vault) for row in credentials],
        {
            row["id"]: ending(opened(vault, row["value"]))
            for row in credentials
            if row["kind"] == CredentialKind.CARD.value
        },
    )


def version_of(connection: sqlite3.Connection, place: str) -> str:
    """The number of the last change of the room, or of somebody who belongs or belonged to it."""
    people = {row["person"] for row in rows.memberships_at(connection, place)}
    changes = [rows.last_change_at(connection, place), *(rows.last_change_of(connection, each) for each in people)]
    return str(max(changes))


def read_history(
    connection: sqlite3.Connection, vault: Vault, place: str, before: int, limit: int
) -> list[RegisterChange]:
    """Changes of the room and of its people while they belonged to it, newest first, below a number."""
    found = {row["number"]: row for row in rows.changes_at(connection, place, before, limit)}
    for person in {row["person"] for row in rows.memberships_at(connection, place)}:
        changes = rows.changes_of(connection, person, before, limit)
        found.update((row["number"], row) for row in changes if row["place"] is None)
    newest = sorted(found, reverse=True)[:limit]
    return [_change(found[number], vault) for number in newest]


def _member(connection: sqlite3.Connection, vault: Vault, row: sqlite3.Row) -> Member:
    person = row["person"]
    stored = rows.person(connection, person)
    assert stored is not None  # memberships refer to it
    rooms = dict.fromkeys(each["place"] for each in rows.memberships_of(connection, person))
    others = [place for place in rooms if place != row["place"]]
    return Member(row["id"], membership_of(row), person_of(stored, vault), rows.count_faces(connection, person), others)


def _change(row: sqlite3.Row, vault: Vault) -> RegisterChange:
    return RegisterChange(
        row["number"],
        from_us(row["at"]),
        row["user"],
        row["why"],
        row["subject"],
        row["subject_id"],
        row["person"],
        _values(row["before"], vault),
        _values(row["after"], vault),
    )


def _values(sealed: bytes | None, vault: Vault) -> Mapping[str, object] | None:
    if sealed is None:
        return None
    try:
        return from_json(vault.decrypt(sealed).decode())
    except VaultError:  # of a key that is lost
        return {}
