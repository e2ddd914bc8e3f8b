"""Who a number belongs to, and which rooms a person may act for: asked of the register at each request."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.model import Household, Membership, Person
from gateway.people import CurrentRegister
from gateway.people import rows as people_rows
from gateway.people.blind_index import BlindKind, digest
from gateway.residents.digests import plain_number
from gateway.store import Store

_ROLES = ("owner", "tenant", "family", "resident")
"""Of several people with one number the first signs in."""
_RESIDENTS = frozenset((*_ROLES, "carer"))
"""Staff of the compound belong to places too, but not to a household."""


class Directory:
    """Reads the register's present snapshot, and its index of numbers."""

    def __init__(self, store: Store, register: CurrentRegister, now: Callable[[], datetime]) -> None:
        self._store, self._register, self._now = store, register, now

    def person(self, person: str) -> Person | None:
        """The person with this id, if they live here now."""
        found = self._register.snapshot.persons.get(person)
        return found.person if found is not None and self.rooms(person) else None

    def name(self, person: str) -> str | None:
        """For sentences that were kept; also of somebody who has moved out."""
        found = self._register.snapshot.persons.get(person)
        return found.person.name if found is not None else None

    async def with_number(self, number: str) -> Sequence[str]:
        """The ids of those who live here and have this number; owners first."""
        wanted = digest(self._store.vault, BlindKind.PHONE, number)

        def query(connection: sqlite3.Connection) -> list[str]:
            return people_rows.persons_by_digest(connection, BlindKind.PHONE, wanted)

        # The index knows digits alone: +1 381 234 5678 and 138 1234 5678 are two numbers.
        found = [person for person in await self._store.read(query) if self._has_number(person, number)]
        return sorted(found, key=self._rank)

    def _has_number(self, person: str, number: str) -> bool:
        """Whether this is the number of somebody who lives here now."""
        known = self.person(person)
        return known is not None and plain_number(known.phone) == plain_number(number)

    def rooms(self, person: str) -> Sequence[str]:
        """The rooms that a person may act for now."""
        return tuple(dict.fromkeys(each.place for each in self._memberships(person)))

    def role(self, person: str, room: str) -> str:
        """What a person is in a room: owner, tenant, family …; empty when they are nothing there."""
        return next((each.role for each in self._memberships(person) if each.place == room), "")

    def since(self, person: str, room: str) -> datetime | None:
        """Since when a person belongs to a room: what was before is not theirs to see."""
        return min((each.since for each in self._memberships(person) if each.place == room), default=None)

    def household(self, room: str) -> Household:
        """Who and what belongs to exactly this room now; the snapshot may be older than a date in it."""
        snapshot, now = self._register.snapshot, self._now()
        found = snapshot.households.get(room) or Household(room)
        roles = {person.id: self.role(person.id, room) for person in found.persons}
        persons = [replace(person, role=roles[person.id]) for person in found.persons if roles[person.id]]
        plates = [plate for plate in found.plates if snapshot.vehicles[plate].is_valid(now)]
        return Household(room, persons, plates)

    def _memberships(self, person: str) -> list[Membership]:
        found, now = self._register.snapshot.persons.get(person), self._now()
        if found is None or not self._register.snapshot.rooms_of(person, now):
            return []
        return [each for each in found.memberships if each.is_valid(now) and each.role in _RESIDENTS]

    def _rank(self, person: str) -> tuple[int, str]:
        roles = [_ROLES.index(each.role) for each in self._memberships(person) if each.role in _ROLES]
        return (min(roles, default=len(_ROLES)), person)
