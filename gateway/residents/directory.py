"""Who a number belongs to, and which rooms a person may act for: asked of the register at each request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.model import Household, Listing, Person, Resident
from gateway.people import CurrentRegister
from gateway.residents.digests import plain_number

_ROLES = ("owner", "tenant", "family", "resident")
"""Of several people with one number the first signs in."""


class Directory:
    """Reads the register's present snapshot."""

    def __init__(self, register: CurrentRegister, now: Callable[[], datetime]) -> None:
        self._register, self._now = register, now

    def person(self, person: str) -> Person | None:
        """The person with this id, if they live here."""
        found = self._register.snapshot.persons.get(person)
        return found.person if found is not None and _lives_here(found) else None

    async def with_number(self, number: str) -> Sequence[str]:
        """The ids of those who live here and have this number; owners first."""
        found = [
            resident.person
            for resident in self._register.snapshot.persons.values()
            if _lives_here(resident) and plain_number(resident.person.phone) == number
        ]
        return [person.id for person in sorted(found, key=_rank)]

    def rooms(self, person: str) -> Sequence[str]:
        """The rooms that a person may act for now."""
        found = self._register.snapshot.persons.get(person)
        return (found.place,) if found is not None and found.place and _lives_here(found) else ()

    def role(self, person: str, room: str) -> str:
        """What a person is in a room: owner, tenant, family …; empty when they are nothing there."""
        household = self.household(room)
        return next((each.role for each in household.persons if each.id == person), "")

    def since(self, person: str, room: str) -> datetime | None:  # noqa: ARG002
        """Since when a person belongs to a room: what was before is not theirs to see. None: it is not known."""
        return None

    def household(self, room: str) -> Household:
        """Who and what belongs to exactly this room now."""
        return self._register.snapshot.households.get(room) or Household(room)


def _lives_here(resident: Resident) -> bool:
    return resident.listing is Listing.RESIDENT and bool(resident.place)


def _rank(person: Person) -> tuple[int, str]:
    return (_ROLES.index(person.role) if person.role in _ROLES else len(_ROLES), person.id)
