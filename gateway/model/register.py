"""Who lives here and what belongs to whom: an immutable snapshot, replaced as a whole when it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from gateway.model.access_pass import Pass
from gateway.model.credential import Credential, CredentialKind
from gateway.model.people import Household, Membership, Person


class Listing(StrEnum):
    """Which list a person or a vehicle is on: expected here, or to be watched for."""

    RESIDENT = "resident"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Resident:
    """A person and the rooms they belong to. `place` is the first of these; None for someone only watched for."""

    person: Person
    place: str | None
    listing: Listing = Listing.RESIDENT
    memberships: tuple[Membership, ...] = ()


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A registered number plate, in its one spelling (gateway.people.number_plates.normalized_plate)."""

    plate: str
    place: str | None
    listing: Listing = Listing.RESIDENT
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        """Whether it belongs here at this time."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


CredentialKey = tuple[CredentialKind, bytes]
"""The kind of a card or PIN, and the vault's MAC of its normalised value."""
Credentials = Mapping[CredentialKey, tuple[Credential, ...]]


@dataclass(frozen=True, slots=True)
class Register:
    """Read by the guard's cards, by rules and by the decision at the door; nobody reads the database instead.

    It holds what begins and ends by date as well: whoever decides asks `is_valid` at the time of the decision.
    """

    persons: Mapping[str, Resident] = field(default_factory=dict)
    """By the person's id."""
    vehicles: Mapping[str, Vehicle] = field(default_factory=dict)
    """By plate."""
    households: Mapping[str, Household] = field(default_factory=dict)
    """By the path of the room; those who belonged to it when the snapshot was made."""
    credentials: Credentials = field(default_factory=dict)
    """A card has one entry that is not ended. Several people may have the same PIN, at different doors."""
    passes: Mapping[str, Pass] = field(default_factory=dict)
    """By the pass's id. Replaced alone, because they change many times a day."""

    @classmethod
    def of(
        cls,
        residents: Iterable[Resident],
        vehicles: Iterable[Vehicle],
        credentials: Credentials | None = None,
        at: datetime | None = None,
    ) -> Register:
        """The register of these; a household lists its owner first, then by name.

        Households have those who belong to them `at` that time; without it, all who ever will.
        """
        residents, vehicles = list(residents), list(vehicles)
        persons: dict[str, list[Person]] = defaultdict(list)
        plates: dict[str, list[str]] = defaultdict(list)
        for resident in residents:
            for place, person in _rooms(resident, at):
                persons[place].append(person)
        for vehicle in vehicles:
            if (
                vehicle.place is not None
                and vehicle.listing is Listing.RESIDENT
                and (at is None or vehicle.is_valid(at))
            ):
                plates[vehicle.place].append(vehicle.plate)
        return cls(
            {resident.person.id: resident for resident in residents},
            {vehicle.plate: vehicle for vehicle in vehicles},
            {
                place: Household(place, tuple(sorted(persons[place], key=_owner_first)), tuple(plates[place]))
                for place in dict.fromkeys((*persons, *plates))
            },
            credentials or {},
        )

    def household(self, place: str) -> Household | None:
        """The household of the room, or of the room this place is in; None when nobody is registered there."""
        return next((self.households[path] for path in _upwards(place) if path in self.households), None)

    def rooms_of(self, person: str, at: datetime) -> tuple[str, ...]:
        """The rooms that the person belongs to at this time; none for an unknown person."""
        resident = self.persons.get(person)
        if resident is None or resident.listing is not Listing.RESIDENT:
            return ()
        return tuple(dict.fromkeys(one.place for one in resident.memberships if one.is_valid(at)))


def _rooms(resident: Resident, at: datetime | None) -> Iterator[tuple[str, Person]]:
    """Each room that a resident belongs to, and the person with their role there."""
    if resident.listing is not Listing.RESIDENT:
        return
    if not resident.memberships and resident.place is not None:
        yield resident.place, resident.person
    for membership in resident.memberships:
        if at is None or membership.is_valid(at):
            yield membership.place, replace(resident.person, role=membership.role)


def _owner_first(person: Person) -> tuple[bool, str]:
    return person.role != "owner", person.name


def _upwards(place: str) -> Iterator[str]:
    """`b3/u1/1502/kitchen` → itself, `b3/u1/1502`, `b3/u1`, `b3`."""
    parts = place.split("/")
    return ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
