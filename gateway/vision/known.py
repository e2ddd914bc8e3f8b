"""Whom and what the cameras know: given by the main process, held by the workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Listing = Literal["resident", "watch"]
TEMPLATE_LENGTH = 128


@dataclass(frozen=True, slots=True)
class KnownFace:
    """One template of a person; a person may have several."""

    person_id: str
    name: str
    place: str | None
    list: Listing
    template: NDArray[np.float32] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class KnownVehicle:
    plate: str
    place: str | None
    list: Listing


@dataclass(frozen=True, slots=True)
class Known:
    faces: Sequence[KnownFace] = ()
    vehicles: Sequence[KnownVehicle] = ()

    def message(self) -> tuple[dict[str, Any], bytes]:
        """As a header and a blob (all templates, one after the other, little-endian floats)."""
        templates = np.array([face.template for face in self.faces], "<f4").reshape(len(self.faces), TEMPLATE_LENGTH)
        faces = [(face.person_id, face.name, face.place, face.list) for face in self.faces]
        return {"faces": faces, "vehicles": [asdict(vehicle) for vehicle in self.vehicles]}, templates.tobytes()

    @classmethod
    def of(cls, header: dict[str, Any], blob: bytes) -> Known:
        templates = np.frombuffer(blob, "<f4").reshape(-1, TEMPLATE_LENGTH)
        rows = zip(header["faces"], templates, strict=True)
        faces = [KnownFace(person, name, place, listing, template) for (person, name, place, listing), template in rows]
        return cls(faces, [KnownVehicle(**row) for row in header["vehicles"]])
