"""Face templates, sealed at rest, and the lists of faces and vehicles that the vision workers match against."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from datetime import datetime
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gateway.errors import NotFound, Refused
from gateway.people import rows
from gateway.people.sealing import opened
from gateway.store import Store
from gateway.store.columns import to_us
from gateway.store.vault import Vault
from gateway.vision.face_matching import FaceMatching, FaceModels
from gateway.vision.identities import Identities, IdentityFace, IdentityVehicle, Listing

_DLIB_BYTES = 4 * 128


async def enrol(
    store: Store, person: str, template: NDArray[np.float32], photo: bytes, models: FaceModels | None = None
) -> None:
    """Store the template (float32) of a photograph of `person`; enrolling the same one again changes nothing.

    Raises NotFound for an unknown person, Refused for one without a consent on record, VaultError without a key.
    """
    # The model's name is sealed with the template: templates of different models have no common measure.
    name = (models or FaceModels()).name.encode()
    sealed = store.vault.encrypt(name + template.astype("<f4").tobytes())
    digest, now_us = hashlib.sha256(photo + name).digest(), time.time_ns() // 1000

    def put(connection: sqlite3.Connection) -> None:
        if rows.person(connection, person) is None:
            raise NotFound(f"there is no person {person!r} in the register: add them with `anju people import`")
        if not rows.has_face_consent(connection, person):  # a face is enrolled in no other way
            raise Refused(f"{person} has not agreed to it: `anju consents give {person} face --how paper` records that")
        rows.insert_face_template(connection, person, digest, sealed, now_us)

    await store.write(put)


async def load_identities(store: Store, at: datetime, matching: FaceMatching | None = None) -> Identities:
    """The enrolled faces and registered vehicles of that time, for the vision workers.

    Templates of another recogniser than that of `matching` can't be compared with its own and are left out.
    """
    vault, settings = store.vault, matching or FaceMatching()

    def read(connection: sqlite3.Connection) -> Identities:
        return Identities(_faces(connection, vault, settings.models.name, at), _vehicles(connection, at), settings)

    return await store.read(read)


def _faces(connection: sqlite3.Connection, vault: Vault, model: str, at: datetime) -> list[IdentityFace]:
    rooms = _rooms(connection, to_us(at))
    found = []
    for row in rows.face_templates(connection):
        person, template = row["person"], _template(vault.decrypt(row["template"]), model)
        # Somebody who has moved out is not expected any more; somebody who is watched for belongs to no room.
        if template is not None and (person in rooms or row["list"] == "watch"):
            name, listing = opened(vault, row["name"], person), cast("Listing", row["list"])
            face = IdentityFace(person_id=person, name=name, place=rooms.get(person), list=listing, template=template)
            found.append(face)
    return found


def _rooms(connection: sqlite3.Connection, at_us: int) -> dict[str, str]:
    """The first room that each person belongs to at this time."""
    found: dict[str, str] = {}
    for row in rows.memberships(connection):
        if row["since"] <= at_us and (row["until"] is None or at_us < row["until"]):
            found.setdefault(row["person"], row["place"])
    return found


def _template(opened: bytes, model: str) -> NDArray[np.float32] | None:
    """The template without its model's name; None for another model. dlib's have no name, only their length."""
    own = opened.startswith(model.encode()) if model else len(opened) == _DLIB_BYTES
    return np.frombuffer(opened[len(model) :], "<f4") if own and (not model or len(opened) != _DLIB_BYTES) else None


def _vehicles(connection: sqlite3.Connection, at: datetime) -> list[IdentityVehicle]:
    at_us = to_us(at)
    return [
        IdentityVehicle(row["plate"], row["place"], cast("Listing", row["list"]))
        for row in rows.vehicles(connection)
        if row["since"] <= at_us and (row["until"] is None or at_us < row["until"])
    ]
