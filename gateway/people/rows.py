"""SQL of the register, door plates and face templates. Times are microseconds, UTC; sealed columns stay sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


def persons(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """All persons."""
    return connection.execute("SELECT * FROM persons ORDER BY id").fetchall()


def person(connection: sqlite3.Connection, person_id: str) -> sqlite3.Row | None:
    """The person with this id."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM persons WHERE id = ?", (person_id,)).fetchone()
    return row


def put_person(  # the table's columns
    connection: sqlite3.Connection,
    person_id: str,
    name: bytes | None,
    phone: bytes | None,
    id_number: bytes | None,
    born: bytes | None,
    listing: str,
) -> None:
    """Insert the person, or replace all columns of the one with this id. All but the list are sealed."""
    # An upsert, not REPLACE: that would delete the old row, and with it the person's face templates.
    connection.execute(
        "INSERT INTO persons (id, name, phone, id_number, born, list) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone = excluded.phone,"
        " id_number = excluded.id_number, born = excluded.born, list = excluded.list",
        (person_id, name or b"", phone, id_number, born, listing),
    )


def delete_person(connection: sqlite3.Connection, person_id: str) -> int:
    """Delete the person with memberships, credentials, digests and face templates; returns 0 if there is none."""
    return connection.execute("DELETE FROM persons WHERE id = ?", (person_id,)).rowcount


def plain_names(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """Persons whose name is not sealed yet: it is a text, not bytes."""
    return connection.execute("SELECT * FROM persons WHERE typeof(name) = 'text'").fetchall()


def set_name(connection: sqlite3.Connection, person_id: str, sealed: bytes) -> None:
    """Replace the person's name."""
    connection.execute("UPDATE persons SET name = ? WHERE id = ?", (sealed, person_id))


def set_digests(connection: sqlite3.Connection, person_id: str, digests: Iterable[tuple[str, bytes]]) -> None:
    """Replace what the person is found by: kinds of the blind index with digests."""
    connection.execute("DELETE FROM blind_index WHERE person = ?", (person_id,))
    connection.executemany(
        "INSERT INTO blind_index (kind, digest, person) VALUES (?, ?, ?)",
        [(kind, digest, person_id) for kind, digest in digests],
    )


def persons_by_digest(connection: sqlite3.Connection, kind: str, digest: bytes) -> list[str]:
    """Ids of the persons with this digest in the blind index."""
    found = connection.execute(
        "SELECT person FROM blind_index WHERE kind = ? AND digest = ? ORDER BY person", (kind, digest)
    )
    return [row["person"] for row in found]


def memberships(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """All memberships, also those that are over, oldest first."""
    return connection.execute("SELECT * FROM memberships ORDER BY since, id").fetchall()


def memberships_of(connection: sqlite3.Connection, person_id: str) -> list[sqlite3.Row]:
    """The person's memberships, oldest first."""
    sql = "SELECT * FROM memberships WHERE person = ? ORDER BY since, id"
    return connection.execute(sql, (person_id,)).fetchall()


def memberships_at(connection: sqlite3.Connection, place: str) -> list[sqlite3.Row]:
    """The memberships of exactly this place, oldest first."""
    return connection.execute("SELECT * FROM memberships WHERE place = ? ORDER BY since, id", (place,)).fetchall()


def membership(connection: sqlite3.Connection, membership_id: str) -> sqlite3.Row | None:
    """The membership with this id."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM memberships WHERE id = ?", (membership_id,)).fetchone()
    return row


def put_membership(  # the table's columns
    connection: sqlite3.Connection,
    membership_id: str,
    person_id: str,
    place: str,
    role: str,
    since_us: int,
    until_us: int | None,
) -> None:
    """Insert the membership, or replace role and dates of the one with this id."""
    connection.execute(
        "INSERT INTO memberships (id, person, place, role, since, until) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET role = excluded.role, since = excluded.since, until = excluded.until",
        (membership_id, person_id, place, role, since_us, until_us),
    )


def vehicles(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """All vehicles, by plate."""
    return connection.execute("SELECT * FROM vehicles ORDER BY plate").fetchall()


def vehicle(connection: sqlite3.Connection, plate: str) -> sqlite3.Row | None:
    """The vehicle with this plate."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM vehicles WHERE plate = ?", (plate,)).fetchone()
    return row


def vehicles_at(connection: sqlite3.Connection, place: str) -> list[sqlite3.Row]:
    """All vehicles of exactly this place, on either list."""
    return connection.execute("SELECT * FROM vehicles WHERE place = ? ORDER BY plate", (place,)).fetchall()


def put_vehicle(  # the table's columns
    connection: sqlite3.Connection,
    plate: str,
    place: str | None,
    listing: str,
    person: str | None,
    since_us: int,
    until_us: int | None,
) -> None:
    """Insert the vehicle, or replace all columns of the one with this plate."""
    connection.execute(
        "INSERT INTO vehicles (plate, place, list, person, since, until) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (plate) DO UPDATE SET place = excluded.place, list = excluded.list, person = excluded.person,"
        " since = excluded.since, until = excluded.until",
        (plate, place, listing, person, since_us, until_us),
    )


def delete_vehicle(connection: sqlite3.Connection, plate: str) -> int:
    """Delete the vehicle; returns 0 if there is none."""
    return connection.execute("DELETE FROM vehicles WHERE plate = ?", (plate,)).rowcount


def credentials(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """All cards and PINs that were not ended, without their sealed values."""
    sql = "SELECT id, kind, digest, person, place, since, until, ended_at FROM credentials WHERE ended_at IS NULL"
    return connection.execute(sql).fetchall()


def credential(connection: sqlite3.Connection, credential_id: str) -> sqlite3.Row | None:
    """The card or PIN with this id."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM credentials WHERE id = ?", (credential_id,)).fetchone()
    return row


def valid_card(connection: sqlite3.Connection, digest: bytes) -> sqlite3.Row | None:
    """The card with this digest that was not ended."""
    sql = "SELECT * FROM credentials WHERE kind = 'card' AND digest = ? AND ended_at IS NULL"
    row: sqlite3.Row | None = connection.execute(sql, (digest,)).fetchone()
    return row


def credentials_at(connection: sqlite3.Connection, place: str) -> list[sqlite3.Row]:
    """The cards and PINs of exactly this place, also those that were ended."""
    return connection.execute("SELECT * FROM credentials WHERE place = ? ORDER BY id", (place,)).fetchall()


def credentials_of(connection: sqlite3.Connection, person_id: str) -> list[sqlite3.Row]:
    """The person's cards and PINs, also those that were ended."""
    return connection.execute("SELECT * FROM credentials WHERE person = ? ORDER BY id", (person_id,)).fetchall()


def insert_credential(  # the table's columns
    connection: sqlite3.Connection,
    credential_id: str,
    kind: str,
    digest: bytes,
    value: bytes | None,
    person: str | None,
    place: str,
    since_us: int,
    until_us: int | None,
) -> None:
    """Add a card or PIN. A card must not be there already, unless it was ended."""
    connection.execute(
        "INSERT INTO credentials (id, kind, digest, value, person, place, since, until)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (credential_id, kind, digest, value, person, place, since_us, until_us),
    )


def end_credential(connection: sqlite3.Connection, credential_id: str, ended_us: int, because: str) -> int:
    """End it, unless it was ended; returns how many."""
    return connection.execute(
        "UPDATE credentials SET ended_at = ?, ended_because = ? WHERE id = ? AND ended_at IS NULL",
        (ended_us, because, credential_id),
    ).rowcount


def card_values(connection: sqlite3.Connection) -> dict[str, bytes]:
    """The sealed numbers of all cards that were not ended, by the credential's id."""
    sql = "SELECT id, value FROM credentials WHERE kind = 'card' AND ended_at IS NULL AND value IS NOT NULL"
    return {row["id"]: row["value"] for row in connection.execute(sql)}


def set_credential_dates(
    connection: sqlite3.Connection, credential_id: str, since_us: int, until_us: int | None
) -> None:
    """Replace from when and until when a card or PIN is valid."""
    connection.execute("UPDATE credentials SET since = ?, until = ? WHERE id = ?", (since_us, until_us, credential_id))


def last_change(connection: sqlite3.Connection) -> int:
    """The number of the last change of the register; 0 before the first."""
    row = connection.execute("SELECT max(number) AS last FROM register_changes").fetchone()
    return row["last"] or 0


def last_change_at(connection: sqlite3.Connection, place: str) -> int:
    """The number of the last change of exactly this place; 0 before the first."""
    row = connection.execute("SELECT max(number) AS last FROM register_changes WHERE place = ?", (place,)).fetchone()
    return row["last"] or 0


def last_change_of(connection: sqlite3.Connection, person_id: str) -> int:
    """The number of the last change about the person; 0 before the first."""
    sql = "SELECT max(number) AS last FROM register_changes WHERE person = ?"
    return connection.execute(sql, (person_id,)).fetchone()["last"] or 0


def people_with_faces_without_room(connection: sqlite3.Connection, now_us: int) -> list[str]:
    """Who has templates, is not watched for, and belongs to no room now or later."""
    found = connection.execute(
        "SELECT DISTINCT f.person FROM face_templates f JOIN persons p ON p.id = f.person WHERE p.list = 'resident'"
        " AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.person = f.person AND (m.until IS NULL OR m.until > ?))",
        (now_us,),
    )
    return [row["person"] for row in found]


def count_faces(connection: sqlite3.Connection, person_id: str) -> int:
    """How many templates the person has."""
    row = connection.execute("SELECT count(*) AS n FROM face_templates WHERE person = ?", (person_id,)).fetchone()
    count: int = row["n"]
    return count


def insert_change(  # the table's columns
    connection: sqlite3.Connection,
    at_us: int,
    user: str,
    why: str,
    subject: str,
    subject_id: str,
    person: str | None,
    place: str | None,
    before: bytes | None,
    after: bytes | None,
) -> int:
    """Put a change of the register on record; returns its number. `before` and `after` are sealed."""
    row = connection.execute(
        "INSERT INTO register_changes (at, user, why, subject, subject_id, person, place, before, after)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        (at_us, user, why, subject, subject_id, person, place, before, after),
    ).fetchone()
    number: int = row["number"]
    return number


def changes_at(connection: sqlite3.Connection, place: str, before: int, limit: int) -> list[sqlite3.Row]:
    """Changes of exactly this place, newest first, below a number."""
    sql = "SELECT * FROM register_changes WHERE place = ? AND number < ? ORDER BY number DESC LIMIT ?"
    return connection.execute(sql, (place, before, limit)).fetchall()


def changes_of(connection: sqlite3.Connection, person_id: str, before: int, limit: int) -> list[sqlite3.Row]:
    """Changes about a person, newest first, below a number."""
    sql = "SELECT * FROM register_changes WHERE person = ? AND number < ? ORDER BY number DESC LIMIT ?"
    return connection.execute(sql, (person_id, before, limit)).fetchall()


def valid_door_plate(connection: sqlite3.Connection, place: str) -> sqlite3.Row | None:
    """The place's door plate that is not revoked."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM door_plates WHERE place = ? AND revoked_at IS NULL", (place,)
    ).fetchone()
    return row


def door_plate(connection: sqlite3.Connection, plate_id: bytes) -> sqlite3.Row | None:
    """The door plate with this id, valid or revoked."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT id, place, issued_at, revoked_at FROM door_plates WHERE id = ?", (plate_id,)
    ).fetchone()
    return row


def places_with_door_plate(connection: sqlite3.Connection) -> list[str]:
    """Places that have a door plate which is not revoked."""
    rows = connection.execute("SELECT place FROM door_plates WHERE revoked_at IS NULL ORDER BY place")
    return [row["place"] for row in rows]


def insert_door_plate(
    connection: sqlite3.Connection, plate_id: bytes, place: str, sealed_token: bytes, issued_us: int
) -> None:
    """Add a door plate. The place must have no other valid one."""
    connection.execute(
        "INSERT INTO door_plates (id, place, token, issued_at) VALUES (?, ?, ?, ?)",
        (plate_id, place, sealed_token, issued_us),
    )


def revoke_door_plate(connection: sqlite3.Connection, place: str, now_us: int) -> int:
    """Revoke the place's valid door plate; returns 0 if there is none."""
    return connection.execute(
        "UPDATE door_plates SET revoked_at = ? WHERE place = ? AND revoked_at IS NULL", (now_us, place)
    ).rowcount


def face_templates(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """All sealed templates with name and list of their persons, oldest first for each person."""
    return connection.execute(
        "SELECT f.person, f.template, p.name, p.list"
        " FROM face_templates f JOIN persons p ON p.id = f.person ORDER BY f.person, f.enrolled_at"
    ).fetchall()


def delete_face_templates(connection: sqlite3.Connection, person_id: str) -> int:
    """Delete the person's templates; returns how many there were."""
    return connection.execute("DELETE FROM face_templates WHERE person = ?", (person_id,)).rowcount


def has_face_consent(connection: sqlite3.Connection, person_id: str) -> bool:
    """Whether the person has agreed to have their face recognised, and has not withdrawn it."""
    sql = "SELECT 1 FROM consents WHERE person = ? AND kind = 'face' AND withdrawn_at IS NULL"
    return connection.execute(sql, (person_id,)).fetchone() is not None


def insert_face_template(
    connection: sqlite3.Connection, person_id: str, photo: bytes, sealed_template: bytes, enrolled_us: int
) -> None:
    """Add a template; nothing changes if the person has one of this photograph (`photo` is its hash)."""
    connection.execute(
        "INSERT INTO face_templates (person, photo, template, enrolled_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (person_id, photo, sealed_template, enrolled_us),
    )
