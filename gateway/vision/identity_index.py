"""The identities of a worker, indexed for lookups: faces by template, vehicles by plate."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from gateway.vision.identities import Identities, IdentityFace, IdentityVehicle
from gateway.vision.recognise.false_match_rate import ImpostorDistances, impostor_distances
from gateway.vision.recognise.gallery import Gallery, MatchLimits
from gateway.vision.recognise.plate_grammar import normalise
from gateway.vision.recognise.voting import PlateResult

UNCERTAIN_PROVINCE = 0.5
"""Score of a province's glyph below which it may be another one. With the registry's help 97.8 % of registered plates
are recognised instead of 92.4 %, and of 500 unregistered ones none is taken for one (MEASURED.md, Plates)."""


class IdentityIndex:
    """Immutable; replaced as a whole when the identities change."""

    def __init__(self, identities: Identities) -> None:
        self._persons: dict[str, IdentityFace] = {face.person_id: face for face in identities.faces}
        self._vehicles: dict[str, IdentityVehicle] = {
            normalise(vehicle.plate): vehicle for vehicle in identities.vehicles
        }
        self._by_body: defaultdict[str, list[str]] = defaultdict(list)
        """Registered plates by what follows the province."""
        for plate in self._vehicles:
            self._by_body[plate[1:]].append(plate)
        self.models = identities.matching.models
        persons = [face.person_id for face in identities.faces]
        templates = [face.template for face in identities.faces]
        impostors = ImpostorDistances(impostor_distances(persons, np.array(templates, np.float32)))
        self.gallery = Gallery(
            persons, templates, MatchLimits.choose(len(self._persons), identities.matching, impostors)
        )

    def describe_plate(self, result: PlateResult) -> dict[str, Any]:
        """The text and its household; where only the province was unclear, the registered plate and a `reason`."""
        text, correction = result.text, {}
        registered = self._registered_match(result)
        if registered is not None:
            text, correction = registered, _reason(result.text, registered)
        vehicle = self._vehicles.get(text)
        owner = {"list": vehicle.list if vehicle else None, "household": vehicle.place if vehicle else None}
        return {"text": text, "score": result.score, **owner, **correction}

    def _registered_match(self, result: PlateResult) -> str | None:
        """The only registered plate that is the same but for its province, when that was not sure."""
        if result.text in self._vehicles or result.province >= UNCERTAIN_PROVINCE:
            return None
        alike = self._by_body.get(result.text[1:], [])
        return alike[0] if len(alike) == 1 else None

    def is_watchlisted(self, person: str) -> bool:
        """False for an unknown person too."""
        face = self._persons.get(person)
        return face is not None and face.list == "watch"

    def describe_person(self, person: str) -> dict[str, Any]:
        """What the journal may hold of a person: the id, never a name."""
        face = self._persons.get(person)
        return {"person": person, "list": face.list if face else None, "household": face.place if face else None}


def _reason(read: str, registered: str) -> dict[str, Any]:
    body = f"?{read[1:]}"
    reason = {"zh": f"识读为 {body}，按登记认作 {registered}", "en": f"read {body}, taken for {registered}"}
    return {"read": read, "reason": reason}
