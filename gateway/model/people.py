"""Who lives here, and who works here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
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
    """A person of the register. `role` is resident, owner, family, tenant, carer, staff or other.

    Somebody who belongs to several rooms has a role in each: a household lists them with their role there.
    """

    id: str
    name: str
    phone: str = ""
    role: str = "resident"
    born: date | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """That a person belongs to a room, from `since` until before `until`."""

    id: str
    person: str
    place: str
    role: str
    since: datetime
    until: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Whether they belong to it at this time."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Household:
    """A room and the persons tied to it (人房关联)."""

    place: str
    persons: Sequence[Person] = ()
    plates: Sequence[str] = ()
