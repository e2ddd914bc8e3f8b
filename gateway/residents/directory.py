"""Who a number belongs to, and which rooms a person may act for: asked of the register at each request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from gateway.model import Listing, Person, Resident
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

    def with_number(self, number: str) -> Sequence[str]:
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


def _lives_here(resident: Resident) -> bool:
    return resident.listing is Listing.RESIDENT and bool(resident.place)


def _rank(person: Person) -> tuple[int, str]:
    return (_ROLES.index(person.role) if person.role in _ROLES else len(_ROLES), person.id)
