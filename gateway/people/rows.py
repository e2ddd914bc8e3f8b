"""SQL of persons, vehicles, door plates and face templates. Times are microseconds, UTC; sealed columns stay sealed."""

from __future__ import annotations

import sqlite3


def persons(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """All persons, by place and name."""
    return connection.execute("SELECT * FROM persons ORDER BY place, name").fetchall()


def person(connection: sqlite3.Connection, person_id: str) -> sqlite3.Row | None:
    """The person with this id."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM persons WHERE id = ?", (person_id,)).fetchone()
    return row


def person_ids_at(connection: sqlite3.Connection, place: str) -> list[str]:
    """Ids of all persons of exactly this place, on either list."""
    return [row["id"] for row in connection.execute("SELECT id FROM persons WHERE place = ?", (place,))]


def put_person(  # the table's columns
    connection: sqlite3.Connection,
    person_id: str,
    place: str | None,
    name: str,
    role: str,
    listing: str,
    sealed_phone: bytes | None,
) -> None:
    """Insert the person, or replace all columns of the one with this id."""
    # An upsert, not REPLACE: that would delete the old row, and with it the person's face templates.
    connection.execute(
        "INSERT INTO persons (id, place, name, role, list, phone) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET place = excluded.place, name = excluded.name, role = excluded.role,"
        " list = excluded.list, phone = excluded.phone",
        (person_id, place, name, role, listing, sealed_phone),
    )


def delete_person(connection: sqlite3.Connection, person_id: str) -> int:
    """Delete the person with their face templates; returns 0 if there is none."""
    return connection.execute("DELETE FROM persons WHERE id = ?", (person_id,)).rowcount


def vehicles(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    """All vehicles, by plate."""
    return connection.execute("SELECT plate, place, list FROM vehicles ORDER BY plate").fetchall()


def vehicle(connection: sqlite3.Connection, plate: str) -> sqlite3.Row | None:
    """Place and list of the vehicle with this plate."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT place, list FROM vehicles WHERE plate = ?", (plate,)
    ).fetchone()
    return row


def plates_at(connection: sqlite3.Connection, place: str) -> list[str]:
    """Plates of all vehicles of exactly this place, on either list."""
    return [row["plate"] for row in connection.execute("SELECT plate FROM vehicles WHERE place = ?", (place,))]


def put_vehicle(connection: sqlite3.Connection, plate: str, place: str | None, listing: str) -> None:
    """Insert the vehicle, or replace place and list of the one with this plate."""
    connection.execute(
        "INSERT INTO vehicles (plate, place, list) VALUES (?, ?, ?)"
        " ON CONFLICT (plate) DO UPDATE SET place = excluded.place, list = excluded.list",
        (plate, place, listing),
    )


def delete_vehicle(connection: sqlite3.Connection, plate: str) -> int:
    """Delete the vehicle; returns 0 if there is none."""
    return connection.execute("DELETE FROM vehicles WHERE plate = ?", (plate,)).rowcount


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
    """All sealed templates with name, place and list of their persons, oldest first for each person."""
    return connection.execute(
        "SELECT f.person, f.template, p.name, p.place, p.list"
        " FROM face_templates f JOIN persons p ON p.id = f.person ORDER BY f.person, f.enrolled_at"
    ).fetchall()


def insert_face_template(
    connection: sqlite3.Connection, person_id: str, photo: bytes, sealed_template: bytes, enrolled_us: int
) -> None:
    """Add a template; nothing changes if the person has one of this photograph (`photo` is its hash)."""
    connection.execute(
        "INSERT INTO face_templates (person, photo, template, enrolled_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (person_id, photo, sealed_template, enrolled_us),
    )
