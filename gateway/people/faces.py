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
from gateway.vision.face_matching import FaceMatching, FaceModels
from gateway.vision.identities import Identities, IdentityFace, IdentityVehicle, Listing

_DLIB_BYTES = 4 * 128
_ENROLLED = """
    SELECT f.person, f.template, p.name, p.place, p.list
    FROM face_templates f JOIN persons p ON p.id = f.person ORDER BY f.person, f.enrolled_at"""


async def enrol(
    store: Store, person: str, template: NDArray[np.float32], photo: bytes, models: FaceModels | None = None
) -> None:
    """Keep the template of this photograph of `person`; the same photograph again changes nothing.

    Raises NotFound when there is no such person.
    """
    name = (models or FaceModels()).name.encode()
    sealed = store.vault.encrypt(name + template.astype("<f4").tobytes())
    row = (person, hashlib.sha256(photo + name).digest(), sealed, time.time_ns() // 1000)
    await store.write(lambda connection: _put(connection, row))


def _put(connection: sqlite3.Connection, row: tuple[str, bytes, bytes, int]) -> None:
    if connection.execute("SELECT 1 FROM persons WHERE id = ?", row[:1]).fetchone() is None:
        raise NotFound(f"there is no person {row[0]!r} in the register: take them in with `anju people import`")
    connection.execute(
        "INSERT INTO face_templates (person, photo, template, enrolled_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        row,
    )


async def known(store: Store, matching: FaceMatching | None = None) -> Identities:
    """Every enrolled face and every registered vehicle, for `VisionPool.set_identities`.

    Templates of another recogniser than `matching` names can't be compared with its own, and are left out.
    """
    vault, how = store.vault, matching or FaceMatching()
    return await store.read(
        lambda connection: Identities(_faces(connection, vault, how.models.name), _vehicles(connection), how)
    )


def _faces(connection: sqlite3.Connection, vault: Vault, model: str) -> list[IdentityFace]:
    return [
        IdentityFace(
            person_id=row["person"],
            name=row["name"],
            place=row["place"],
            list=cast("Listing", row["list"]),
            template=template,
        )
        for row in connection.execute(_ENROLLED)
        if (template := _template(vault.decrypt(row["template"]), model)) is not None
    ]


def _template(opened: bytes, model: str) -> NDArray[np.float32] | None:
    """A template stands behind its model's name; one without a name is dlib's, by its length. None when another's."""
    own = opened.startswith(model.encode()) if model else len(opened) == _DLIB_BYTES
    return np.frombuffer(opened[len(model) :], "<f4") if own and (not model or len(opened) != _DLIB_BYTES) else None


def _vehicles(connection: sqlite3.Connection) -> list[IdentityVehicle]:
    rows = connection.execute("SELECT plate, place, list FROM vehicles ORDER BY plate")
    return [IdentityVehicle(row["plate"], row["place"], cast("Listing", row["list"])) for row in rows]
