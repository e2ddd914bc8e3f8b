"""Finds people and rooms by what the property is told: a name, a room, a plate, a card, the last digits of a phone.

The index is made of one Register and of the compound's places, and made anew with them. A search goes through plain
lists: with 15,000 people that takes some milliseconds, and any part of a name is found, which a tree would not give.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.model import Place, Register, Resident
from gateway.people import pinyin_initials
from gateway.people.number_plates import normalized_plate

_LEAST_DIGITS = 3
"""Of a phone's or a card's end; fewer would fit too many."""
_LEAST_OF_PLATE = 3
_MOST_ROOMS = 50
_NUMBERS = re.compile(r"\d+")


class Matched(StrEnum):
    """By what a person was found; the order is that of the results."""

    NAME = "name"
    ROOM = "room"
    PLATE = "plate"
    CARD = "card"
    PHONE = "phone"
    INITIALS = "initials"


_RANK = {each: number for number, each in enumerate(Matched)}


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person of the register and by what they were found."""

    resident: Resident
    by: Matched


@dataclass(frozen=True, slots=True)
class FoundRoom:
    """A room that the text names, or to which the plate belongs."""

    place: str
    by: Matched


@dataclass(frozen=True, slots=True)
class Found:
    """All people that fit, best first, and the first rooms that do."""

    people: Sequence[FoundPerson] = ()
    rooms: Sequence[FoundRoom] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    resident: Resident
    name: str
    phone: str
    initials: str


class PeopleIndex:
    """Everybody of a Register, prepared for being looked for."""

    def __init__(self, register: Register, places: Mapping[str, Place]) -> None:
        self.register = register
        self.places = places
        self._entries = [_entry(resident) for resident in register.persons.values()]
        self._entries.sort(key=lambda entry: (entry.resident.place or "~", entry.name, entry.resident.person.id))
        self._rooms = [
            (path, _plain(f"{places[path].name.zh}\n{places[path].name.en}"), tuple(_NUMBERS.findall(path)))
            for path in places
        ]
        self._at: dict[str, list[Resident]] = {}
        for entry in self._entries:
            for place in places_of(entry.resident):
                self._at.setdefault(place, []).append(entry.resident)

        self._plates: dict[str, list[str]] = {}
        for plate, vehicle in register.vehicles.items():
            if vehicle.person is not None:
                self._plates.setdefault(vehicle.person, []).append(plate)

    def plates_of(self, person: str, at: datetime) -> list[str]:
        """The plates of the person's own vehicles at this time."""
        return [plate for plate in self._plates.get(person, ()) if self.register.vehicles[plate].is_valid(at)]

    def everybody(self) -> Found:
        """All people, by room and name."""
        return Found([FoundPerson(entry.resident, Matched.NAME) for entry in self._entries])

    def find(self, text: str, holders: Iterable[str] = ()) -> Found:
        """Who fits the text. `holders`: the ids of those who hold a card with this number or these last digits."""
        wanted = _plain(text)
        if not wanted:
            return Found()
        found: dict[str, FoundPerson] = {}
        rooms = [FoundRoom(path, Matched.ROOM) for path in self.rooms_named(text)]
        plates = self._vehicles(text)
        for entry in self._entries:
            if (by := _fits(entry, wanted)) is not None:
                found[entry.resident.person.id] = FoundPerson(entry.resident, by)
        for path in dict.fromkeys(place for room in rooms for place in self._below(room.place)):
            self._add(found, self._at.get(path, ()), Matched.ROOM)
        for plate in plates:
            vehicle = self.register.vehicles[plate]
            owner = self.register.persons.get(vehicle.person or "")
            self._add(found, [owner] if owner else self._at.get(vehicle.place or "", ()), Matched.PLATE)
            if vehicle.place:
                rooms.append(FoundRoom(vehicle.place, Matched.PLATE))
        known = (self.register.persons.get(holder) for holder in holders)
        self._add(found, [resident for resident in known if resident is not None], Matched.CARD)
        people = sorted(found.values(), key=lambda each: _RANK[each.by])  # stable: by room and name within
        return Found(people, list({room.place: room for room in reversed(rooms)}.values())[::-1][:_MOST_ROOMS])

    def rooms_named(self, text: str) -> list[str]:
        """Places by path, by a part of the name, or by their numbers: `3-1-1502` and `1502` are b3/u1/1502."""
        wanted, path = _plain(text), text.strip("/ ").lower()
        if path in self.places:
            return [path]
        numbers = tuple(_NUMBERS.findall(text)) if re.fullmatch(r"[\d\s/.\-#]+", text.strip()) else ()
        return [
            place
            for place, names, own in self._rooms
            if (numbers and own[-len(numbers) :] == numbers) or (not numbers and wanted in names)
        ][:_MOST_ROOMS]

    def _below(self, place: str) -> list[str]:
        """The place itself where people belong to it; for a building or a unit all rooms in it."""
        if place in self._at:
            return [place]
        return [path for path in self._at if path.startswith(f"{place}/")]

    def _vehicles(self, text: str) -> list[str]:
        plate = normalized_plate(text)
        if len(plate) < _LEAST_OF_PLATE or not any(each.isdigit() for each in plate):
            return []
        return [known for known in self.register.vehicles if plate in known]

    @staticmethod
    def _add(found: dict[str, FoundPerson], residents: Collection[Resident], by: Matched) -> None:
        for resident in residents:
            key = resident.person.id
            if key not in found or _RANK[found[key].by] > _RANK[by]:
                found[key] = FoundPerson(resident, by)


def places_of(resident: Resident) -> Sequence[str]:
    """Every room the person belongs, belonged or will belong to."""
    stays = dict.fromkeys(each.place for each in resident.memberships)
    return list(stays) if stays or resident.place is None else [resident.place]


def _entry(resident: Resident) -> _Entry:
    person = resident.person
    return _Entry(resident, _plain(person.name), person.phone, pinyin_initials.initials(person.name))


def _fits(entry: _Entry, wanted: str) -> Matched | None:
    if wanted in entry.name:
        return Matched.NAME
    if wanted.isdigit():
        return Matched.PHONE if len(wanted) >= _LEAST_DIGITS and entry.phone.endswith(wanted) else None
    if wanted.isascii() and wanted.isalpha() and len(wanted) > 1 and pinyin_initials.fits(wanted, entry.initials):
        return Matched.INITIALS
    return None


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()
