"""Everything of the register as it is stored, opened: what an import is compared with, and what an export writes."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from gateway.model import CredentialKind, Listing
from gateway.people import rows
from gateway.people.register_writer import MembershipData, PersonData, VehicleData
from gateway.people.sealing import opened, opened_date
from gateway.store.columns import from_us, maybe_time
from gateway.store.vault import Vault, VaultError


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """A card or PIN that was not ended. `value` is a card's number where it was asked for, and else empty."""

    id: str
    kind: CredentialKind
    digest: bytes = field(repr=False)
    person: str | None
    place: str
    since: datetime
    until: datetime | None
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class StoredRegister:
    """By their ids, vehicles by plate. `version` is the number of the last change of the register."""

    version: int
    persons: dict[str, PersonData]
    memberships: dict[str, MembershipData]
    vehicles: dict[str, VehicleData]
    credentials: dict[str, StoredCredential]


def read_register(connection: sqlite3.Connection, vault: Vault, *, card_numbers: bool = False) -> StoredRegister:
    """Read all of it. Raises VaultError without a usable key, and NotRecorded."""
    if vault.fault is not None:
        raise VaultError(vault.fault)
    values = rows.card_values(connection) if card_numbers else {}
    return StoredRegister(
        rows.last_change(connection),
        {row["id"]: person_of(row, vault) for row in rows.persons(connection)},
        {row["id"]: membership_of(row) for row in rows.memberships(connection)},
        {row["plate"]: vehicle_of(row) for row in rows.vehicles(connection)},
        {row["id"]: credential_of(row, vault, values.get(row["id"])) for row in rows.credentials(connection)},
    )


def person_of(row: sqlite3.Row, vault: Vault) -> PersonData:
    """A row of persons."""
    key = row["id"]
    name, phone, id_number = (opened(vault, row[column], key) for column in ("name", "phone", "id_number"))
    return PersonData(name, phone, id_number, opened_date(vault, row["born"], key), Listing(row["list"]))


def membership_of(row: sqlite3.Row) -> MembershipData:
    """A row of memberships."""
    return MembershipData(row["person"], row["place"], row["role"], from_us(row["since"]), maybe_time(row["until"]))


def vehicle_of(row: sqlite3.Row) -> VehicleData:
    """A row of vehicles."""
    since, until = from_us(row["since"]), maybe_time(row["until"])
    return VehicleData(row["place"], Listing(row["list"]), row["person"], since, until)


def credential_of(row: sqlite3.Row, vault: Vault, value: bytes | None = None) -> StoredCredential:
    """A row of credentials; with the number of a card where its sealed `value` is given."""
    return StoredCredential(
        row["id"],
        CredentialKind(row["kind"]),
        bytes(row["digest"]),
        row["person"],
        row["place"],
        from_us(row["since"]),
        maybe_time(row["until"]),
        opened(vault, value) if value is not None else "",
    )
