"""The one writer of the register: every change leaves who made it, when, why, and the value before.

Works inside a transaction of its caller. Raises NotFound for an unknown id, Conflict for what is there already,
VaultError without a usable key.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import date, datetime

from gateway.errors import Conflict, NotFound
from gateway.model import CredentialKind, Json, Listing, new_id
from gateway.people import rows
from gateway.people.blind_index import digests_of
from gateway.people.credential_digest import credential_digest, normalized_value
from gateway.people.sealing import opened, opened_date, seal
from gateway.store.columns import from_us, maybe_time, maybe_us, to_json, to_us
from gateway.store.vault import Vault


@dataclass(frozen=True, slots=True)
class ChangedBy:
    """Who changes the register and why. `user` is an account, `resident:<person id>`, or `` for the command line."""

    user: str
    why: str


@dataclass(frozen=True, slots=True)
class PersonData:
    """What is kept of a person beside the rooms they belong to."""

    name: str
    phone: str = ""
    id_number: str = ""
    born: date | None = None
    listing: Listing = Listing.RESIDENT


@dataclass(frozen=True, slots=True)
class MembershipData:
    """That a person belongs to a room."""

    person: str
    place: str
    role: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class VehicleData:
    """Whose a vehicle is. `place` is None for one that is only watched for."""

    place: str | None
    listing: Listing = Listing.RESIDENT
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CredentialData:
    """A card or PIN to hand out. `person` is None for one of the household as a whole."""

    kind: CredentialKind
    value: str
    place: str
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class RegisterWriter:
    """Changes the register and records each change. One object for one transaction."""

    def __init__(self, connection: sqlite3.Connection, vault: Vault, at: datetime, by: ChangedBy) -> None:
        self._connection = connection
        self._vault = vault
        self._at = at
        self._by = by
        self.numbers: list[int] = []
        """The numbers of the changes made so far, for the audit."""

    def person(self, person_id: str) -> PersonData | None:
        """What is kept of the person now."""
        row = rows.person(self._connection, person_id)
        if row is None:
            return None
        phone, id_number = (opened(self._vault, row[column], person_id) for column in ("phone", "id_number"))
        born = opened_date(self._vault, row["born"], person_id)
        return PersonData(opened(self._vault, row["name"], person_id), phone, id_number, born, Listing(row["list"]))

    def put_person(self, data: PersonData, person_id: str | None = None) -> str:
        """Add a person, or change the one with this id; returns the id. The same data again is no change."""
        key = person_id or new_id("p")
        before = self.person(key)
        if before == data:
            return key
        vault = self._vault
        born = data.born.isoformat() if data.born else ""
        sealed = [seal(vault, text) for text in (data.name, data.phone, data.id_number, born)]
        rows.put_person(self._connection, key, sealed[0], sealed[1], sealed[2], sealed[3], data.listing.value)
        rows.set_digests(self._connection, key, digests_of(vault, data.name, data.phone, data.id_number))
        self._record("person", key, None if before is None else _person_json(before), _person_json(data), person=key)
        return key

    def remove_person(self, person_id: str) -> None:
        """Delete the person with all that belongs to them. For erasure see gateway/privacy."""
        before = self.person(person_id)
        if before is None:
            raise NotFound(f"there is no person {person_id!r}")
        for row in rows.memberships_of(self._connection, person_id):
            self._record("membership", row["id"], _row_json(row), None, person=person_id, place=row["place"])
        rows.delete_person(self._connection, person_id)
        self._record("person", person_id, _person_json(before), None, person=person_id)

    def put_membership(self, data: MembershipData, membership_id: str | None = None) -> str:
        """Add a membership, or change role and dates of the one with this id; returns the id."""
        key = membership_id or new_id("m")
        row = rows.membership(self._connection, key)
        before = None if row is None else _membership(row)
        if before == data:
            return key
        if before is not None and (before.person, before.place) != (data.person, data.place):
            raise Conflict("a membership can't move to another person or place: end it and add another")
        if rows.person(self._connection, data.person) is None:
            raise NotFound(f"there is no person {data.person!r}")
        rows.put_membership(
            self._connection, key, data.person, data.place, data.role, to_us(data.since), maybe_us(data.until)
        )
        self._record(
            "membership",
            key,
            None if before is None else _json_of(before),
            _json_of(data),
            person=data.person,
            place=data.place,
        )
        return key

    def end_membership(self, membership_id: str, at: datetime | None = None) -> None:
        """The person does not belong to the room any more, from `at` (default: now) on."""
        row = rows.membership(self._connection, membership_id)
        if row is None:
            raise NotFound(f"there is no membership {membership_id!r}")
        self.put_membership(replace(_membership(row), until=at or self._at), membership_id)

    def change_role(self, membership_id: str, role: str) -> None:
        """The person has another role in the room."""
        row = rows.membership(self._connection, membership_id)
        if row is None:
            raise NotFound(f"there is no membership {membership_id!r}")
        self.put_membership(replace(_membership(row), role=role), membership_id)

    def put_vehicle(self, plate: str, data: VehicleData) -> None:
        """Add the vehicle, or change the one with this plate. The same data again is no change."""
        row = rows.vehicle(self._connection, plate)
        before = None if row is None else _vehicle(row)
        data = replace(data, since=data.since or (before.since if before else self._at))
        if before == data:
            return
        since_us = to_us(data.since) if data.since else 0
        rows.put_vehicle(
            self._connection, plate, data.place, data.listing.value, data.person, since_us, maybe_us(data.until)
        )
        self._record(
            "vehicle",
            plate,
            None if before is None else _json_of(before),
            _json_of(data),
            person=data.person,
            place=data.place,
        )

    def remove_vehicle(self, plate: str) -> None:
        """Delete the vehicle."""
        row = rows.vehicle(self._connection, plate)
        if row is None:
            raise NotFound(f"there is no vehicle {plate!r}")
        rows.delete_vehicle(self._connection, plate)
        self._record("vehicle", plate, _json_of(_vehicle(row)), None, person=row["person"], place=row["place"])

    def add_credential(self, data: CredentialData) -> str:
        """Hand out a card or PIN; returns its id. Raises Conflict for a card that somebody has already."""
        found = credential_digest(self._vault, data.kind, data.value)
        if data.kind is CredentialKind.CARD and rows.valid_card(self._connection, found) is not None:
            raise Conflict("this card is in use already: end it first")
        if data.person is not None and rows.person(self._connection, data.person) is None:
            raise NotFound(f"there is no person {data.person!r}")
        key, is_card = new_id("k"), data.kind is CredentialKind.CARD
        value = seal(self._vault, normalized_value(data.value)) if is_card else None
        rows.insert_credential(
            self._connection,
            key,
            data.kind.value,
            found,
            value,
            data.person,
            data.place,
            to_us(data.since or self._at),
            maybe_us(data.until),
        )
        after = {"kind": data.kind.value, "person": data.person, "place": data.place, "until": _iso(data.until)}
        self._record("credential", key, None, after, person=data.person, place=data.place)
        return key

    def end_credential(self, credential_id: str, because: str) -> None:
        """A card or PIN opens nothing from now on: lost, moved out, replaced."""
        row = rows.credential(self._connection, credential_id)
        if row is None:
            raise NotFound(f"there is no credential {credential_id!r}")
        if rows.end_credential(self._connection, credential_id, to_us(self._at), because) == 0:
            return
        before = {"kind": row["kind"], "person": row["person"], "place": row["place"]}
        after = {**before, "ended": because}
        self._record("credential", credential_id, before, after, person=row["person"], place=row["place"])

    def set_credential_dates(self, credential_id: str, since: datetime, until: datetime | None) -> None:
        """A card or PIN is valid from `since` until before `until`. The same dates again are no change."""
        row = rows.credential(self._connection, credential_id)
        if row is None:
            raise NotFound(f"there is no credential {credential_id!r}")
        dates = [
            {
                "kind": row["kind"],
                "person": row["person"],
                "place": row["place"],
                "since": _iso(one),
                "until": _iso(other),
            }
            for one, other in ((from_us(row["since"]), maybe_time(row["until"])), (since, until))
        ]
        if dates[0] != dates[1]:
            rows.set_credential_dates(self._connection, credential_id, to_us(since), maybe_us(until))
            self._record("credential", credential_id, *dates, person=row["person"], place=row["place"])

    def remove_faces(self, person_id: str) -> int:
        """Delete the person's face templates; returns how many there were."""
        count = rows.delete_face_templates(self._connection, person_id)
        if count:
            self._record("faces", person_id, {"templates": count}, None, person=person_id)
        return count

    def _record(
        self,
        subject: str,
        subject_id: str,
        before: Json | None,
        after: Json | None,
        *,
        person: str | None = None,
        place: str | None = None,
    ) -> None:
        old, new = (None if data is None else self._vault.encrypt(to_json(data).encode()) for data in (before, after))
        at, by = to_us(self._at), self._by
        self.numbers.append(
            rows.insert_change(self._connection, at, by.user, by.why, subject, subject_id, person, place, old, new)
        )


def _membership(row: sqlite3.Row) -> MembershipData:
    return MembershipData(row["person"], row["place"], row["role"], from_us(row["since"]), maybe_time(row["until"]))


def _vehicle(row: sqlite3.Row) -> VehicleData:
    return VehicleData(
        row["place"], Listing(row["list"]), row["person"], from_us(row["since"]), maybe_time(row["until"])
    )


def _person_json(data: PersonData) -> Json:
    return {
        "name": data.name,
        "phone": data.phone,
        "id_number": data.id_number,
        "born": data.born.isoformat() if data.born else None,
        "list": data.listing.value,
    }


def _json_of(data: MembershipData | VehicleData) -> Json:
    common: dict[str, object] = {
        "place": data.place,
        "person": data.person,
        "since": _iso(data.since),
        "until": _iso(data.until),
    }
    return {**common, "role": data.role} if isinstance(data, MembershipData) else {**common, "list": data.listing.value}


def _row_json(row: sqlite3.Row) -> Json:
    return _json_of(_membership(row))


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
