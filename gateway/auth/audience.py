"""What a role may see of people: an installer sets devices right and needs nobody's face or name for it."""

from __future__ import annotations

from enum import Enum

from gateway.model import Json, Role, Signal

_PERSONAL = ("face.", "report.", "call.")
"""Kinds whose pictures and words are of people."""
_TECHNICAL_DATA = frozenset({"score", "distance", "box", "zone", "seconds", "category"})
_NAMING = frozenset({"person", "name", "phone", "text", "holder", "owner", "resident", "user"})


_OF_CARDS = frozenset({"card"})
"""A whole card number: enough to make a copy of the card. Its last digits are shown beside it."""


class Audience(Enum):
    """What may be shown: everything, all but whole card numbers, or what a technician needs and no person in it."""

    MANAGING = "managing"
    FULL = "full"
    TECHNICAL = "technical"

    @property
    def sees_people(self) -> bool:
        return self is not Audience.TECHNICAL


def audience_of(role: Role) -> Audience:
    return {Role.INSTALLER: Audience.TECHNICAL, Role.MANAGER: Audience.MANAGING}.get(role, Audience.FULL)


def is_personal(kind: str) -> bool:
    """Whether the pictures and words of a signal of this kind are of a person."""
    return kind.startswith(_PERSONAL)


def visible_data(signal: Signal, audience: Audience) -> Json:
    if audience is Audience.MANAGING:
        return signal.data
    if audience.sees_people:
        return {key: value for key, value in signal.data.items() if key not in _OF_CARDS}
    if is_personal(signal.kind):
        return {key: value for key, value in signal.data.items() if key in _TECHNICAL_DATA}
    return {key: value for key, value in signal.data.items() if key not in _NAMING | _OF_CARDS}
