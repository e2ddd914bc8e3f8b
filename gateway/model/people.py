"""Who lives here, and who works here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account may do. Property staff see households and no alarms.

    Grid officers (网格员) and the police see what the door plate of a room shows them, and nothing else.
    """

    GUARD = "guard"
    SUPERVISOR = "supervisor"
    INSTALLER = "installer"
    MANAGER = "manager"
    PROPERTY = "property"
    GRID = "grid"
    POLICE = "police"


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the register. `role` is resident, owner, family, tenant, staff or other."""

    id: str
    name: str
    phone: str = ""
    role: str = "resident"


@dataclass(frozen=True, slots=True)
class Household:
    """A room and the persons tied to it (人房关联)."""

    place: str
    persons: Sequence[Person] = ()
    plates: Sequence[str] = ()
