"""Face templates of the enrolled, sealed at rest, and all that the cameras are to know."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gateway.errors import NotFound
from gateway.store import Store
from gateway.store.vault import Vault
from gateway.vision.known import Known, KnownFace, KnownVehicle, Listing

_ENROLLED = """
    SELECT f.person, f.template, p.name, p.place, p.list
    FROM face_templates f JOIN persons p ON p.id = f.person ORDER BY f.person, f.enrolled_at"""


async def enrol(store: Store, person: str, template: NDArray[np.float32], photo: bytes) -> None:
    """Keep the template of this photograph of `person`; the same photograph again changes nothing.

    Raises NotFound when there is no such person.
    """
    sealed = store.vault.encrypt(template.astype("<f4").tobytes())
    row = (person, hashlib.sha256(photo).digest(), sealed, time.time_ns() // 1000)
    await store.write(lambda connection: _put(connection, row))


def _put(connection: sqlite3.Connection, row: tuple[str, bytes, bytes, int]) -> None:
    if connection.execute("SELECT 1 FROM persons WHERE id = ?", row[:1]).fetchone() is None:
        raise NotFound(f"there is no person {row[0]!r} in the register: take them in with `anju people import`")
    connection.execute(
        "INSERT INTO face_templates (person, photo, template, enrolled_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        row,
    )


async def known(store: Store) -> Known:
    """Every enrolled face and every registered vehicle, for `VisionPool.set_known`."""
    vault = store.vault
    return await store.read(lambda connection: Known(_faces(connection, vault), _vehicles(connection)))


def _faces(connection: sqlite3.Connection, vault: Vault) -> list[KnownFace]:
    return [
        KnownFace(
            person_id=row["person"],
            name=row["name"],
            place=row["place"],
            list=cast("Listing", row["list"]),
            template=np.frombuffer(vault.decrypt(row["template"]), "<f4"),
        )
        for row in connection.execute(_ENROLLED)
    ]


def _vehicles(connection: sqlite3.Connection) -> list[KnownVehicle]:
    rows = connection.execute("SELECT plate, place, list FROM vehicles ORDER BY plate")
    return [KnownVehicle(row["plate"], row["place"], cast("Listing", row["list"])) for row in rows]
