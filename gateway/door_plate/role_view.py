"""What a role sees of the room behind a door plate. The table stands in docs/property.md too.

Whatever names a person needs a reason; every look is on record and shown to the residents, unless the law hides it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model import Household, Role


class Item(StrEnum):
    """One thing that may be shown of a room."""

    COUNT = "count"
    ROLES = "roles"
    NAMES = "names"
    PHONES = "phones"
    VEHICLES = "vehicles"
    CARE = "care"


SEES: Mapping[Role, frozenset[Item]] = {
    Role.GUARD: frozenset({Item.COUNT, Item.NAMES, Item.PHONES, Item.VEHICLES}),
    Role.SUPERVISOR: frozenset({Item.COUNT, Item.NAMES, Item.PHONES, Item.VEHICLES}),
    Role.MANAGER: frozenset({Item.COUNT, Item.ROLES, Item.NAMES, Item.PHONES, Item.VEHICLES}),
    Role.PROPERTY: frozenset({Item.COUNT, Item.ROLES, Item.NAMES, Item.PHONES}),
    Role.GRID: frozenset({Item.COUNT, Item.ROLES, Item.PHONES, Item.CARE}),
    Role.POLICE: frozenset(Item),
}
"""Roles that may look; an installer sees nothing of a room."""
MAY_HANG = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER, Role.PROPERTY})
"""Who may say that a plate hangs on its door."""
MAY_HIDE = frozenset({Role.POLICE})
"""Whose looks the law may hide from the residents; it takes the number of the document."""


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """What is shown of one person; empty where the role does not see it."""

    name: str = ""
    role: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class RoomView:
    """What is shown of a room. `care`: somebody here agreed to be looked after; None where the role does not see it."""

    count: int
    roles: Mapping[str, int] = field(default_factory=dict)
    persons: Sequence[ShownPerson] = ()
    vehicles: Sequence[str] = ()
    care: bool | None = None


def view_of(role: Role, household: Household | None, *, care: bool | None = None) -> RoomView:
    """The household (None: nobody is registered) as the role sees it. Raises KeyError for a role that sees none."""
    sees = SEES[role]
    persons = household.persons if household else ()
    shown = [
        ShownPerson(
            person.name if Item.NAMES in sees else "",
            person.role if Item.ROLES in sees else "",
            person.phone if Item.PHONES in sees else "",
        )
        for person in persons
    ]
    return RoomView(
        count=len(persons),
        roles=Counter(person.role for person in persons) if Item.ROLES in sees else {},
        persons=[each for each in shown if each != ShownPerson()],
        vehicles=tuple(household.plates) if household and Item.VEHICLES in sees else (),
        care=care if Item.CARE in sees else None,
    )
