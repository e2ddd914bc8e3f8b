"""What a list of residents says, as persons, memberships, vehicles and credentials, or every mistake by its line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.model import Listing


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person of the list. `id` is empty where the list gives none; an empty value says nothing."""

    line: int
    id: str
    name: str
    phone: str = ""
    id_number: str = ""
    born: str = ""
    listing: Listing | None = Listing.RESIDENT
    """None in a line that is about a vehicle or card of theirs."""


@dataclass(frozen=True, slots=True)
class ListedMembership:
    """A person belongs to a room. An empty role and a missing date say nothing."""

    line: int
    person: int
    place: str
    role: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedVehicle:
    """A vehicle of a room or of somebody on the watch list."""

    line: int
    plate: str
    place: str | None
    person: int | None = None
    listing: Listing = Listing.RESIDENT
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedCredential:
    """A card or a PIN of a person, or of a room as a whole. `value` is not for logs."""

    line: int
    kind: str
    value: str = field(repr=False)
    place: str | None = None
    person: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Roster:
    """The content of a list. Persons are named by their index in `persons`."""

    persons: list[ListedPerson] = field(default_factory=list)
    memberships: list[ListedMembership] = field(default_factory=list)
    vehicles: dict[str, ListedVehicle] = field(default_factory=dict)
    credentials: dict[tuple[str | int | None, ...], ListedCredential] = field(default_factory=dict)

    def places(self) -> set[str]:
        """The rooms that the list names."""
        facts: tuple[ListedMembership | ListedVehicle | ListedCredential, ...] = (
            *self.memberships,
            *self.vehicles.values(),
            *self.credentials.values(),
        )
        return {fact.place for fact in facts if fact.place}


@dataclass(slots=True)
class PersonLookup:
    """Finds the person a line is about among those of earlier lines: by id, then by name and room, or name and phone.

    The second finds an owner of two flats, whose lines need no id then.
    """

    roster: Roster
    _by_id: dict[str, int] = field(default_factory=dict)
    _by_room: dict[tuple[str, str | None], int] = field(default_factory=dict)
    _by_phone: dict[tuple[str, str], int] = field(default_factory=dict)

    def find(self, person: ListedPerson, place: str | None) -> int | None:
        """The index of the person; None for a new one. A line with another id is about somebody else."""
        if person.id and person.id in self._by_id:
            return self._by_id[person.id]
        found = self._by_room.get((person.name, place))
        if found is None and person.phone:
            found = self._by_phone.get((person.name, person.phone))
        if found is not None and person.id and self.roster.persons[found].id not in {"", person.id}:
            return None
        return found

    def remember(self, index: int, place: str | None) -> None:
        """The person has been named with this room."""
        person = self.roster.persons[index]
        if person.id:
            self._by_id.setdefault(person.id, index)
        self._by_room.setdefault((person.name, place), index)
        if person.phone:
            self._by_phone.setdefault((person.name, person.phone), index)


def joined(before: ListedPerson, after: ListedPerson) -> ListedPerson | None:
    """One person of two lines; None where they contradict each other. An empty cell contradicts nothing."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in _VALUES}
    if any(one and other and one != other for one, other in pairs.values()):
        return None
    return replace(before, **{name: one or other for name, (one, other) in pairs.items()})


_VALUES = ("id", "name", "phone", "id_number", "born", "listing")


def same_stay(before: ListedMembership, after: ListedMembership) -> ListedMembership | None:
    """One membership of two lines; None where they contradict each other."""
    for name in ("role", "since", "until"):
        one, other = getattr(before, name), getattr(after, name)
        if one and other and one != other:
            return None
    return replace(
        before,
        role=before.role or after.role,
        since=before.since or after.since,
        until=before.until or after.until,
    )
