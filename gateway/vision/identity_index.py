"""The gallery and the vehicles, ready to be searched."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from gateway.vision.identities import Identities, IdentityFace, IdentityVehicle
from gateway.vision.recognise.chances import Lookalikes, between
from gateway.vision.recognise.gallery import Gallery, Limits
from gateway.vision.recognise.grammar import normal
from gateway.vision.recognise.verdicts import PlateVerdict

UNCERTAIN_PROVINCE = 0.5
"""Certainty of a province's glyph under which it may have been another's. With the registry's help 97.8 % of
registered plates are known instead of 92.4, and of 500 strangers none is taken for one (MEASURED.md, Plates)."""


class IdentityIndex:
    def __init__(self, known: Identities) -> None:
        self._persons: dict[str, IdentityFace] = {face.person_id: face for face in known.faces}
        self._vehicles: dict[str, IdentityVehicle] = {normal(vehicle.plate): vehicle for vehicle in known.vehicles}
        self._bodies: defaultdict[str, list[str]] = defaultdict(list)
        for plate in self._vehicles:
            self._bodies[plate[1:]].append(plate)
        self.models = known.matching.models
        persons = [face.person_id for face in known.faces]
        templates = [face.template for face in known.faces]
        lookalikes = Lookalikes(between(persons, np.array(templates, np.float32)))
        self.gallery = Gallery(persons, templates, Limits.of(len(self._persons), known.matching, lookalikes))

    def plate(self, verdict: PlateVerdict) -> dict[str, Any]:
        """`text` and whose it is; where only the province was a smudge, the registered plate, with the `reason`."""
        text, assisted = verdict.text, {}
        taken_for = self._taken_for(verdict)
        if taken_for is not None:
            text, assisted = taken_for, _reason(verdict.text, taken_for)
        vehicle = self._vehicles.get(text)
        whose = {"list": vehicle.list if vehicle else None, "household": vehicle.place if vehicle else None}
        return {"text": text, "score": verdict.score, **whose, **assisted}

    def _taken_for(self, verdict: PlateVerdict) -> str | None:
        """The only registered plate that is the same but for its province, when that was not sure."""
        if verdict.text in self._vehicles or verdict.province >= UNCERTAIN_PROVINCE:
            return None
        alike = self._bodies.get(verdict.text[1:], [])
        return alike[0] if len(alike) == 1 else None

    def watched(self, person: str) -> bool:
        face = self._persons.get(person)
        return face is not None and face.list == "watch"

    def person(self, person: str) -> dict[str, Any]:
        """What may be said of a person in the journal: no name of a resident, no number of anybody."""
        face = self._persons.get(person)
        said: dict[str, Any] = {"person": person, "list": face.list if face else None}
        said["household"] = face.place if face else None
        return said | ({"name": face.name} if face and face.list == "watch" else {})


def _reason(read: str, taken_for: str) -> dict[str, Any]:
    body = f"?{read[1:]}"
    reason = {"zh": f"识读为 {body}，按登记认作 {taken_for}", "en": f"read {body}, taken for {taken_for}"}
    return {"read": read, "reason": reason}
