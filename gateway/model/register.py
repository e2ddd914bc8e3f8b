"""Who lives here and which vehicles belong to whom: an immutable snapshot, replaced as a whole when it changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model.people import Household, Person


class Listing(StrEnum):
    """Which list a person or a vehicle is on: expected here, or to be watched for."""

    RESIDENT = "resident"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Resident:
    """A person and the place they belong to; None for someone who is only watched for."""

    person: Person
    place: str | None
    listing: Listing = Listing.RESIDENT


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A registered number plate, in its one spelling (gateway.people.plates.plate_text)."""

    plate: str
    place: str | None
    listing: Listing = Listing.RESIDENT


@dataclass(frozen=True, slots=True)
class Register:
    """Read by the guard's cards, by rules and by whoever decides about a door; nobody reads the database instead."""

    persons: Mapping[str, Resident] = field(default_factory=dict)
    """By the person's id."""
    vehicles: Mapping[str, Vehicle] = field(default_factory=dict)
    """By plate."""
    households: Mapping[str, Household] = field(default_factory=dict)
    """By the path of the room."""

    @classmethod
    def of(cls, residents: Iterable[Resident], vehicles: Iterable[Vehicle]) -> Register:
        """The register of these persons and vehicles; a household lists its owner first, then by name."""
        residents, vehicles = list(residents), list(vehicles)
        persons: dict[str, list[Person]] = defaultdict(list)
        plates: dict[str, list[str]] = defaultdict(list)
        for resident in residents:
            if resident.place is not None and resident.listing is Listing.RESIDENT:
                persons[resident.place].append(resident.person)
        for vehicle in vehicles:
            if vehicle.place is not None and vehicle.listing is Listing.RESIDENT:
                plates[vehicle.place].append(vehicle.plate)
        return cls(
            {resident.person.id: resident for resident in residents},
            {vehicle.plate: vehicle for vehicle in vehicles},
            {
                place: Household(place, tuple(sorted(persons[place], key=_owner_first)), tuple(plates[place]))
                for place in dict.fromkeys((*persons, *plates))
            },
        )

    def household(self, place: str) -> Household | None:
        """The household of the room, or of the room this place is in; None when nobody is registered there."""
        return next((self.households[path] for path in _upwards(place) if path in self.households), None)


def _owner_first(person: Person) -> tuple[bool, str]:
    return person.role != "owner", person.name


def _upwards(place: str) -> Iterator[str]:
    """`b3/u1/1502/kitchen` → itself, `b3/u1/1502`, `b3/u1`, `b3`."""
    parts = place.split("/")
    return ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
