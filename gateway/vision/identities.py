"""The people and vehicles that cameras recognise: sent by the main process, held by the workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gateway.vision.face_matching import FaceMatching

Listing = Literal["resident", "watch"]
"""Residents are matched without an alert; the watch-listed raise one."""


@dataclass(frozen=True, slots=True)
class IdentityFace:
    """One template of a person; a person may have several."""

    person_id: str
    name: str
    place: str | None
    list: Listing
    template: NDArray[np.float32] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class IdentityVehicle:
    """One registered plate, and the place of its household."""

    plate: str
    place: str | None
    list: Listing


@dataclass(frozen=True, slots=True)
class Identities:
    """All templates are of one recogniser, that of `matching.models`."""

    faces: Sequence[IdentityFace] = ()
    vehicles: Sequence[IdentityVehicle] = ()
    matching: FaceMatching = field(default_factory=FaceMatching)

    def to_message(self) -> tuple[dict[str, Any], bytes]:
        """As a header and a blob (all templates, one after the other, little-endian floats)."""
        templates = np.array([face.template for face in self.faces], "<f4")
        faces = [(face.person_id, face.name, face.place, face.list) for face in self.faces]
        vehicles = [asdict(vehicle) for vehicle in self.vehicles]
        return {"faces": faces, "vehicles": vehicles, "matching": asdict(self.matching)}, templates.tobytes()

    @classmethod
    def from_message(cls, header: dict[str, Any], blob: bytes) -> Identities:
        """The inverse of `to_message`."""
        count = len(header["faces"])
        templates = np.frombuffer(blob, "<f4").reshape(count, -1) if count else np.zeros((0, 0), "<f4")
        rows = zip(header["faces"], templates, strict=True)
        faces = [
            IdentityFace(person, name, place, listing, template) for (person, name, place, listing), template in rows
        ]
        vehicles = [IdentityVehicle(**row) for row in header["vehicles"]]
        return cls(faces, vehicles, FaceMatching.from_message(header["matching"]))
