"""What a role may see of people. An installer maintains devices, and needs no faces or names for that."""

from __future__ import annotations

from enum import Enum

from gateway.model import Json, Role, Signal

_PERSONAL_KINDS = ("face.", "report.", "call.", "finding.")
"""Prefixes of signal kinds whose pictures and texts are about people."""
_TECHNICAL_DATA = frozenset({"score", "distance", "box", "zone", "seconds", "category"})
"""Data of a personal signal that an installer needs, to tune a camera or a zone."""
_NAMING_DATA = frozenset({"person", "name", "phone", "text", "holder", "owner", "resident", "user", "who"})
_CARD_NUMBERS = frozenset({"card"})
"""A whole card number is enough to copy the card. Its last digits are shown in another field."""


class Audience(Enum):
    """How much of a signal's data may be shown.

    MANAGING: everything. FULL: everything but whole card numbers. TECHNICAL: nothing that shows or names a person.
    """

    MANAGING = "managing"
    FULL = "full"
    TECHNICAL = "technical"

    @property
    def sees_people(self) -> bool:
        """Whether faces, names and households may be shown."""
        return self is not Audience.TECHNICAL


_AUDIENCES = {Role.GUARD: Audience.FULL, Role.SUPERVISOR: Audience.FULL, Role.MANAGER: Audience.MANAGING}
"""The roles that see people in signals and alerts. Property staff see the register, which has routes of its own."""


def audience_of(role: Role) -> Audience:
    """The audience a role belongs to."""
    return _AUDIENCES.get(role, Audience.TECHNICAL)


def is_personal(kind: str) -> bool:
    """Whether the pictures and texts of signals of this kind are about people."""
    return kind.startswith(_PERSONAL_KINDS)


def visible_data(signal: Signal, audience: Audience) -> Json:
    """The part of the signal's data that the audience may see."""
    if audience is Audience.MANAGING:
        return signal.data
    if audience.sees_people:
        return {key: value for key, value in signal.data.items() if key not in _CARD_NUMBERS}
    if is_personal(signal.kind):
        return {key: value for key, value in signal.data.items() if key in _TECHNICAL_DATA}
    return {key: value for key, value in signal.data.items() if key not in _NAMING_DATA | _CARD_NUMBERS}
